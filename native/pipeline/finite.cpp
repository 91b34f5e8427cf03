#include "pipeline/finite.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/aminmax.h>
#include <ATen/ops/isfinite.h>

#include <cmath>
#include <tuple>

namespace hspace {

bool all_finite(const at::Tensor& t) {
  if (t.numel() == 0) return true;
  const auto [least, most] = at::aminmax(t);
  return std::isfinite(least.item<double>()) && std::isfinite(most.item<double>());
}

std::string not_finite_text(const at::Tensor& t) {
  const at::Tensor where = at::isfinite(t).logical_not().flatten().nonzero().select(1, 0);
  const double first = t.flatten()[where[0].item<int64_t>()].item<double>();
  const char* found = std::isnan(first) ? "NaN" : first > 0 ? "infinity" : "-infinity";
  return found + (" among " + std::to_string(where.size(0))) + " of " + std::to_string(t.numel()) +
         " that are not";
}

}  // namespace hspace
