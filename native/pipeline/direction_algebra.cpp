#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <cstdio>

#include "files/text.h"
#include "hspace/direction.h"
#include "hspace/error.h"
#include "hspace/provenance.h"
#include "pipeline/finite.h"

namespace hspace {
namespace {

// What messages call a direction.
std::string label(const Direction& a) { return "direction " + one_line(a.name()); }

double largest(const at::Tensor& t) { return t.abs().max().item<double>(); }

// Squares of single precision may leave its range.
at::Tensor wide(const at::Tensor& t) { return t.to(at::kDouble); }

Direction sum(const Direction& a, const Direction& b, double factor, const std::string& name) {
  if (a.h_space() != b.h_space()) {
    throw Error(label(b) + ": expected h-space " + injection_point_name(a.h_space()) + " like " +
                    one_line(a.name()) + ", found " + injection_point_name(b.h_space()),
                ErrorKind::kMismatch);
  }
  const at::Tensor other = b.on_lattice(a.timesteps());  // (T, c, h, w)
  if (other.sizes() != a.delta().sizes()) {
    throw Error(label(b) + ": expected shape " + shape_text(a.delta().sizes().vec()) + ", found " +
                    shape_text(other.sizes().vec()),
                ErrorKind::kMismatch);
  }
  return Direction(name, a.delta().add(other.to(a.delta().scalar_type()), factor), a.timesteps(),
                   a.h_space());
}

}  // namespace

Direction add(const Direction& a, const Direction& b) {
  return sum(a, b, 1, a.name() + "+" + b.name());
}

Direction subtract(const Direction& a, const Direction& b) {
  return sum(a, b, -1, a.name() + "-" + b.name());
}

Direction combine(const std::vector<Direction>& directions, const std::vector<double>& factors,
                  const std::string& name) {
  if (directions.empty() || factors.size() != directions.size()) {
    throw Error("directions: expected at least one, and a factor each, found " +
                std::to_string(directions.size()) + " and " + std::to_string(factors.size()));
  }
  Direction total = scale(directions[0], factors[0]);
  for (size_t k = 1; k < directions.size(); ++k) {
    total = add(total, scale(directions[k], factors[k]));
  }
  return rename(total, name);
}

Direction scale(const Direction& a, double factor) {
  const double size = largest(a.delta());
  const double most = largest_number(a.delta().scalar_type());
  const at::Tensor scaled = a.delta().mul(factor);
  const bool vanished = factor != 0 && size > 0 && largest(scaled) == 0;
  if (!(std::abs(factor) * size <= most) || vanished) {
    throw Error(label(a) + ": times " + number_text(factor) +
                " it is beyond what its type holds (its largest number is " + three_digits(size) +
                "; the type ends at " + three_digits(most) + ")");
  }
  return Direction(a.name(), scaled, a.timesteps(), a.h_space());
}

double norm(const Direction& a) { return wide(a.delta()).norm().item<double>(); }

Direction normalize(const Direction& a) {
  const double length = norm(a);
  if (length == 0) throw Error(label(a) + " is zero and has no unit length");
  return scale(a, 1 / length);
}

Direction window(const Direction& a, const Window& window) {
  const int64_t steps = static_cast<int64_t>(a.timesteps().size());
  std::vector<double> inside;  // (T)
  for (int64_t i = 0; i < steps; ++i) inside.push_back(window.contains(i, steps) ? 1 : 0);
  const at::Tensor factor = at::tensor(inside, a.delta().options()).view({steps, 1, 1, 1});
  return Direction(a.name(), a.delta().mul(factor), a.timesteps(), a.h_space());
}

Direction rename(const Direction& a, const std::string& name) {
  return Direction(name, a.delta(), a.timesteps(), a.h_space());
}

double cosine(const Direction& a, const Direction& b) {
  const at::Tensor first = wide(a.delta());
  const at::Tensor second = wide(b.on_lattice(a.timesteps()));
  return first.mul(second).sum().item<double>() /
         (first.norm().item<double>() * second.norm().item<double>());
}

}  // namespace hspace
