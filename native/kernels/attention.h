#pragma once

#include <ATen/core/Tensor.h>

namespace hspace {

// Attention of every head, softmax(q kᵀ / √d) v, on the CPU, without autograd. Computed in float32
// whatever the input: LibTorch's own kernel takes several times as long on the small heads of these
// models, and fifteen times that in bfloat16, where it has no fast matrix product.
//
// Scores exist for a few queries and keys at a time; beside them a packed copy of a few heads' keys
// and values. The result does not depend on the number of threads, nor a row on its batch.
//
// q (B, N, heads * d), k and v (1 or B, M, heads * d), float32 or bfloat16: channels (head, d),
// which lie side by side in memory; rows and positions may be strided. → (B, N, heads * d),
// contiguous, in the same element type.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int64_t heads);

}  // namespace hspace
