#pragma once

#include <ATen/core/Tensor.h>

namespace hspace {

// a · gelu(gate) on the CPU, without autograd, in one pass; gelu(x) = x Φ(x), with the normal
// distribution Φ to float32's precision.
//
// both (B, 2 C, H, W) channels-last, float32 or bfloat16: the channels of a, then those of the gate
//   → (B, C, H, W), channels-last, in the same element type
at::Tensor geglu(const at::Tensor& both);

}  // namespace hspace
