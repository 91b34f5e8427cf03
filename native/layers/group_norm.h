#pragma once

#include <string>
#include <vector>

#include "files/weight_map.h"
#include "kernels/group_norm_silu.h"
#include "layers/execution.h"

namespace hspace {

// torch.nn.GroupNorm, together with the time modulation around it and the activation after it.
struct GroupNorm {
  // Takes "<key>.weight" and "<key>.bias".
  static GroupNorm load(WeightMap& weights, const std::string& key, int64_t channels,
                        int64_t groups, double eps, const Placement& placement);

  // parts: x (B, C, H, W), or its pieces along the channels, which are never put together on the
  // way in → (B, C, H, W). out_dtype: element type of the result.
  at::Tensor forward(const std::vector<at::Tensor>& parts, const TimeModulation& modulation,
                     Activation activation, at::ScalarType out_dtype, Execution execution) const;

  GroupNormParameters parameters;  // wide
};

}  // namespace hspace
