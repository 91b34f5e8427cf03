#include "layers/group_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/silu.h>

namespace hspace {
namespace {

// (N, C) → (N, C, 1, 1), in the element type of x
at::Tensor per_channel(const at::Tensor& values, const at::Tensor& x) {
  return values.to(x.scalar_type()).unsqueeze(-1).unsqueeze(-1);
}

at::Tensor reference(const GroupNormParameters& norm, const std::vector<at::Tensor>& parts,
                     const TimeModulation& modulation, Activation activation) {
  at::Tensor x = parts.size() == 1 ? parts[0] : at::cat(parts, 1);
  if (modulation.shift_before.defined()) x = x + per_channel(modulation.shift_before, x);
  at::Tensor y = at::group_norm(x, norm.groups, norm.weight.to(x.scalar_type()),
                                norm.bias.to(x.scalar_type()), norm.eps);
  if (modulation.scale_after.defined()) {
    y = y * (1 + per_channel(modulation.scale_after, y)) + per_channel(modulation.shift_after, y);
  }
  return activation == Activation::kSilu ? at::silu(y) : y;
}

}  // namespace

GroupNorm GroupNorm::load(WeightMap& weights, const std::string& key, int64_t channels,
                          int64_t groups, double eps, const Placement& placement) {
  return {{groups, eps, placement.place_wide(weights.take(key + ".weight", {channels})),
           placement.place_wide(weights.take(key + ".bias", {channels}))}};
}

at::Tensor GroupNorm::forward(const std::vector<at::Tensor>& parts,
                              const TimeModulation& modulation, Activation activation,
                              at::ScalarType out_dtype, Execution execution) const {
  if (execution == Execution::kReference) {
    if (out_dtype == parts[0].scalar_type())
      return reference(parameters, parts, modulation, activation);
    std::vector<at::Tensor> converted;
    for (const at::Tensor& part : parts) converted.push_back(part.to(out_dtype));
    return reference(parameters, converted, modulation, activation);
  }
  return group_norm_silu(parts, parameters, modulation, activation, out_dtype);
}

}  // namespace hspace
