#pragma once

#include <ATen/core/Tensor.h>

namespace hspace {

// Self-attention of every head over all positions, softmax(q kᵀ / √d) v, on the CPU, without
// autograd. Computed in float32 whatever the input: LibTorch's own kernel takes several times as
// long on the small heads of these models, and fifteen times that in bfloat16, where it has no fast
// matrix product.
//
// qkv (B, H*W, 3 * heads * d), contiguous, float32 or bfloat16: q, k and v of a position, each
// (heads, d). → (B, H*W, heads * d), in the same element type.
at::Tensor self_attention(const at::Tensor& qkv, int64_t heads);

}  // namespace hspace
