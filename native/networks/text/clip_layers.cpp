#include "networks/text/clip_layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>

#include <cmath>
#include <limits>

namespace hspace {

TokenLinear::TokenLinear(WeightMap& weights, const std::string& key, int64_t in, int64_t out,
                         const Placement& placement)
    : weight(placement.store_wide(weights.take(key + ".weight", {out, in}))),
      bias(placement.store_wide(weights.take(key + ".bias", {out}))) {}

at::Tensor TokenLinear::forward(const at::Tensor& x) const {
  return at::linear(x, weight.get(), bias.get());
}

TokenNorm::TokenNorm(WeightMap& weights, const std::string& key, int64_t width, double eps,
                     const Placement& placement)
    : weight(placement.store_wide(weights.take(key + ".weight", {width}))),
      bias(placement.store_wide(weights.take(key + ".bias", {width}))),
      eps(eps) {}

at::Tensor TokenNorm::forward(const at::Tensor& x) const {
  return at::layer_norm(x, {x.size(-1)}, weight.get(), bias.get(), eps);
}

ClipLayer::ClipLayer(WeightMap& weights, const std::string& key, const TextEncoderConfig& config,
                     const Placement& placement)
    : heads_(config.num_attention_heads),
      activation_(config.hidden_act),
      norm1_(weights, key + ".layer_norm1", config.hidden_size, config.layer_norm_eps, placement),
      q_(weights, key + ".self_attn.q_proj", config.hidden_size, config.hidden_size, placement),
      k_(weights, key + ".self_attn.k_proj", config.hidden_size, config.hidden_size, placement),
      v_(weights, key + ".self_attn.v_proj", config.hidden_size, config.hidden_size, placement),
      out_(weights, key + ".self_attn.out_proj", config.hidden_size, config.hidden_size, placement),
      norm2_(weights, key + ".layer_norm2", config.hidden_size, config.layer_norm_eps, placement),
      fc1_(weights, key + ".mlp.fc1", config.hidden_size, config.intermediate_size, placement),
      fc2_(weights, key + ".mlp.fc2", config.intermediate_size, config.hidden_size, placement) {}

at::Tensor ClipLayer::attend(const at::Tensor& x) const {
  const int64_t batch = x.size(0), tokens = x.size(1), width = x.size(2);
  const auto heads = [&](const at::Tensor& t) {
    return t.view({batch, tokens, heads_, -1}).transpose(1, 2);  // (B, heads, n, d)
  };
  const double scale = 1 / std::sqrt(static_cast<double>(width / heads_));
  const at::Tensor scores =
      at::matmul(heads(q_.forward(x)) * scale, heads(k_.forward(x)).transpose(2, 3));
  const at::Tensor later =
      at::ones({tokens, tokens}, x.options().dtype(at::kBool)).triu(1);  // (n, n)
  const at::Tensor p =
      at::softmax(scores.masked_fill(later, -std::numeric_limits<double>::infinity()), -1);
  const at::Tensor sums = at::matmul(p, heads(v_.forward(x)));  // (B, heads, n, d)
  return out_.forward(sums.transpose(1, 2).reshape({batch, tokens, width}));
}

at::Tensor ClipLayer::forward(const at::Tensor& x) const {
  const at::Tensor h = x + attend(norm1_.forward(x));
  const at::Tensor inner = fc1_.forward(norm2_.forward(h));
  const at::Tensor active = activation_ == TextEncoderConfig::Activation::kQuickGelu
                                ? inner * at::sigmoid(1.702 * inner)
                                : at::gelu(inner);
  return h + fc2_.forward(active);
}

}  // namespace hspace
