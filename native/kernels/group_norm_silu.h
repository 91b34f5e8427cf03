#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace hspace {

enum class Activation { kNone, kSilu };

// What a residual block's time embedding does around a normalisation. Each (1 or B, C), or
// undefined.
struct TimeModulation {
  at::Tensor shift_before;  // GroupNorm(x + shift_before): time embedding "default"
  at::Tensor scale_after;   // GroupNorm(x) * (1 + scale_after) + shift_after: "scale_shift"
  at::Tensor shift_after;
};

// The parameters of a torch.nn.GroupNorm.
struct GroupNormParameters {
  int64_t groups;
  double eps;
  at::Tensor weight;  // (C)
  at::Tensor bias;    // (C)
};

// GroupNorm, the time modulation around it and the activation after it, on the CPU, without
// autograd: one pass over the input for the statistics (summed in float64) and one for the result.
// The result does not depend on the batch or on the number of threads.
//
// parts: the input (B, C, H, W), or its pieces along the channels (B, C_i, H, W), which are never
// put together. Input and result are float32 or bfloat16, each as it likes; the parameters are
// float32. → (B, C, H, W), channels-last.
at::Tensor group_norm_silu(const std::vector<at::Tensor>& parts, const GroupNormParameters& norm,
                           const TimeModulation& modulation, Activation activation,
                           at::ScalarType out_dtype);

}  // namespace hspace
