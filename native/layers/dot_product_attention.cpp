#include "layers/dot_product_attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/attention.h"

namespace hspace {
namespace {

// Numbers of scores at a time.
constexpr int64_t kMostScores = int64_t{1} << 24;

// (b, tokens, heads * d) → (b, heads, tokens, d)
at::Tensor heads_of(const at::Tensor& t, int64_t heads) {
  return t.reshape({t.size(0), t.size(1), heads, -1}).transpose(1, 2);
}

at::Tensor reference(const at::Tensor& q_tokens, const at::Tensor& k_tokens,
                     const at::Tensor& v_tokens, int64_t heads) {
  const at::Tensor q = heads_of(q_tokens, heads);
  const at::Tensor keys = heads_of(k_tokens, heads).transpose(2, 3), v = heads_of(v_tokens, heads);
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  const int64_t queries = q.size(2);
  const int64_t at_once = std::max<int64_t>(1, kMostScores / (q.size(0) * heads * keys.size(3)));
  std::vector<at::Tensor> blocks;
  for (int64_t first = 0; first < queries; first += at_once) {
    const at::Tensor some = q.narrow(2, first, std::min(at_once, queries - first));
    const at::Tensor scores = at::matmul(some * scale, keys);  // (B, heads, some, M)
    blocks.push_back(at::matmul(at::softmax(scores, -1), v));  // (B, heads, some, d)
  }
  const at::Tensor sums = blocks.size() == 1 ? blocks[0] : at::cat(blocks, 2);
  return sums.transpose(1, 2).reshape(q_tokens.sizes());
}

}  // namespace

at::Tensor dot_product_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 int64_t heads, Execution execution) {
  return execution == Execution::kFast ? attention(q, k, v, heads) : reference(q, k, v, heads);
}

at::Tensor tokens_of(const at::Tensor& picture) {
  return picture.permute({0, 2, 3, 1})
      .reshape({picture.size(0), picture.size(2) * picture.size(3), picture.size(1)});
}

at::Tensor picture_of(const at::Tensor& tokens, const at::Tensor& like) {
  return tokens.reshape({tokens.size(0), like.size(2), like.size(3), tokens.size(2)})
      .permute({0, 3, 1, 2});
}

}  // namespace hspace
