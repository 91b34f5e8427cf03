#pragma once

#include <ATen/core/Tensor.h>

namespace hspace {

// x (B, C, H, W) in channels-last order with exactly its strides, (H*W*C, 1, W*C, C). ATen leaves
// the strides of dimensions of size one undefined and calls any of them contiguous; oneDNN takes
// them at their word.
at::Tensor canonical_channels_last(const at::Tensor& x);

}  // namespace hspace
