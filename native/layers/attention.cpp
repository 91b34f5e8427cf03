#include "layers/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>

#include <cmath>
#include <vector>

#include "kernels/attention.h"

namespace hspace {
namespace {

// A linear layer (out, in) under its current or its former name, as a 1x1 convolution.
struct Linear {
  at::Tensor weight;  // (out, in, 1, 1)
  at::Tensor bias;    // (out)
};

Linear take_linear(const LayerLoader& loader, const std::string& key, const std::string& name,
                   const std::string& former_name, int64_t out, int64_t in) {
  const auto take = [&](const std::string& parameter, const std::vector<int64_t>& shape) {
    return loader.placement.place(loader.weights.take_any(
        {key + "." + name + "." + parameter, key + "." + former_name + "." + parameter}, shape));
  };
  return {take("weight", {out, in}).view({out, in, 1, 1}), take("bias", {out})};
}

Conv2d load_qkv(const LayerLoader& loader, const std::string& key, int64_t channels,
                int64_t inner) {
  const Linear q = take_linear(loader, key, "to_q", "query", inner, channels);
  const Linear k = take_linear(loader, key, "to_k", "key", inner, channels);
  const Linear v = take_linear(loader, key, "to_v", "value", inner, channels);
  return Conv2d(at::cat({q.weight, k.weight, v.weight}), at::cat({q.bias, k.bias, v.bias}),
                {1, 1, 0}, {channels}, loader.placement.fast());
}

Conv2d load_out(const LayerLoader& loader, const std::string& key, int64_t channels,
                int64_t inner) {
  const Linear out = take_linear(loader, key, "to_out.0", "proj_attn", channels, inner);
  return Conv2d(out.weight, out.bias, {1, 1, 0}, {inner}, loader.placement.fast());
}

int64_t head_dim(const UNetConfig& config, int64_t channels) {
  return config.attention_head_dim.value_or(channels);
}

// softmax(q kᵀ / √d) v of every head.  qkv (B, H*W, 3 * heads * d) → (B, H*W, heads * d).
// Written out: LibTorch's fused attention has no forward-mode derivative.
at::Tensor reference_attention(const at::Tensor& qkv, int64_t heads) {
  const int64_t batch = qkv.size(0), positions = qkv.size(1);
  const at::Tensor split = qkv.reshape({batch, positions, 3, heads, -1}).permute({2, 0, 3, 1, 4});
  const at::Tensor q = split[0], k = split[1], v = split[2];  // (B, heads, H*W, d)
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  const at::Tensor scores = at::matmul(q * scale, k.transpose(2, 3));  // (B, heads, H*W, H*W)
  const at::Tensor sums = at::matmul(at::softmax(scores, -1), v);      // (B, heads, H*W, d)
  return sums.transpose(1, 2).reshape({batch, positions, -1});
}

}  // namespace

Attention::Attention(const LayerLoader& loader, const std::string& key, int64_t channels,
                     std::optional<int64_t> groups, double output_scale)
    : qkv(load_qkv(loader, key, channels,
                   loader.config.attention_heads(channels) * head_dim(loader.config, channels))),
      to_out(load_out(loader, key, channels,
                      loader.config.attention_heads(channels) * head_dim(loader.config, channels))),
      heads(loader.config.attention_heads(channels)),
      output_scale(output_scale) {
  if (groups) {
    group_norm = GroupNorm::load(loader.weights, key + ".group_norm", channels, *groups,
                                 loader.config.norm_eps, loader.placement);
  }
}

at::Tensor Attention::forward(const at::Tensor& x, Execution execution) const {
  const int64_t batch = x.size(0), height = x.size(2), width = x.size(3);
  at::Tensor h = x;
  if (group_norm) {
    h = group_norm->forward({x}, {}, Activation::kNone, x.scalar_type(), execution);
  }
  h = qkv.forward({h}, execution);  // (B, 3 * heads * d, H, W)
  // (B, H*W, 3 * heads * d): no copy when channels-last
  h = h.permute({0, 2, 3, 1}).reshape({batch, height * width, -1}).contiguous();
  h = execution == Execution::kFast ? self_attention(h, heads) : reference_attention(h, heads);
  h = h.reshape({batch, height, width, -1}).permute({0, 3, 1, 2});  // (B, heads * d, H, W)
  if (execution == Execution::kReference) h = h.contiguous();
  h = to_out.forward({h}, execution, x);  // (B, C, H, W)
  return output_scale == 1 ? h : h / output_scale;
}

}  // namespace hspace
