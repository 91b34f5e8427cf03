#include "model/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>

#include <cmath>
#include <tuple>
#include <vector>

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

// softmax(q kᵀ / √d) v.  q, k, v (B, heads, H*W, d) → (B, heads, H*W, d)
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  Execution execution) {
  if (execution == Execution::kFast) {
    // In float32: LibTorch's bfloat16 products are fifteen times slower where MKL is absent.
    return std::get<0>(at::_scaled_dot_product_flash_attention_for_cpu(
                           q.to(at::kFloat), k.to(at::kFloat), v.to(at::kFloat)))
        .to(q.scalar_type());
  }
  // Written out: LibTorch's fused attention has no forward-mode derivative.
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  const at::Tensor scores = at::matmul(q * scale, k.transpose(2, 3));  // (B, heads, H*W, H*W)
  return at::matmul(at::softmax(scores, -1), v);
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
  // (B, 3, heads, H*W, d); no copy when channels-last, where d is innermost in memory.
  h = h.permute({0, 2, 3, 1}).reshape({batch, height * width, 3, heads, -1}).permute({0, 2, 3, 1, 4});
  h = attend(h.select(1, 0), h.select(1, 1), h.select(1, 2), execution);  // (B, heads, H*W, d)
  h = h.transpose(1, 2).reshape({batch, height, width, -1}).permute({0, 3, 1, 2});
  if (execution == Execution::kReference) h = h.contiguous();
  h = to_out.forward({h}, execution, x);  // (B, C, H, W)
  return output_scale == 1 ? h : h / output_scale;
}

}  // namespace hspace
