#pragma once

#include <ATen/core/Tensor.h>

#include "layers/execution.h"

namespace hspace {

// softmax(q kᵀ / √d) v of every head. Channels are ordered (head, d).
// q (B, N, heads * d), k and v (1 or B, M, heads * d) → (B, N, heads * d)
//
// No more than a bounded number of scores exist at a time. The reference is written out: LibTorch's
// fused attention has no forward-mode derivative.
at::Tensor dot_product_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 int64_t heads, Execution execution);

// (B, C, H, W) → (B, H*W, C): a view where the channels stand last in memory.
at::Tensor tokens_of(const at::Tensor& picture);
// And back, to the height and width of `like`.
at::Tensor picture_of(const at::Tensor& tokens, const at::Tensor& like);

}  // namespace hspace
