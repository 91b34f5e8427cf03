#include "pipeline/finite.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/aminmax.h>
#include <ATen/ops/isfinite.h>

#include <cmath>
#include <limits>
#include <tuple>

#include "hspace/error.h"

namespace hspace {

bool all_finite(const at::Tensor& t) {
  if (t.numel() == 0) return true;
  const auto [least, most] = at::aminmax(t);
  return std::isfinite(least.item<double>()) && std::isfinite(most.item<double>());
}

void LaterCheck::note(const at::Tensor& t) {
  const at::Tensor finite = at::isfinite(t).all();
  finite_ = finite_.defined() ? finite_.logical_and(finite) : finite;
}

bool LaterCheck::passed() const { return !finite_.defined() || finite_.item<bool>(); }

std::string not_finite_text(const at::Tensor& t) {
  const at::Tensor where = at::isfinite(t).logical_not().flatten().nonzero().select(1, 0);
  const double first = t.flatten()[where[0].item<int64_t>()].item<double>();
  const char* found = std::isnan(first) ? "NaN" : first > 0 ? "infinity" : "-infinity";
  return found + (" among " + std::to_string(where.size(0))) + " of " + std::to_string(t.numel()) +
         " that are not";
}

void require_finite(const at::Tensor& t, const std::string& what) {
  if (!all_finite(t)) throw Error(what + ": expected finite numbers, found " + not_finite_text(t));
}

double largest_number(at::ScalarType type) {
  switch (type) {
    case at::kHalf:
      return std::numeric_limits<at::Half>::max();
    case at::kBFloat16:
      return std::numeric_limits<at::BFloat16>::max();
    case at::kFloat:
      return std::numeric_limits<float>::max();
    default:
      return std::numeric_limits<double>::max();
  }
}

}  // namespace hspace
