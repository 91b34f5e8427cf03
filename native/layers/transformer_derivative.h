#pragma once

#include <optional>
#include <vector>

#include "kernels/geglu_derivative.h"
#include "kernels/group_norm_silu_derivative.h"
#include "kernels/layer_norm_derivative.h"
#include "kernels/linear_conv.h"
#include "kernels/softmax_attention_derivative.h"
#include "layers/transformer.h"

namespace hspace {

// The linear layers of a Transformer as linear maps. The text does not vary, so neither do the keys
// and values that are made of it.
struct TokenAttentionMaps {
  explicit TokenAttentionMaps(const TokenAttention& attention);

  int64_t outputs;        // 3 * C, or C with a text
  LinearConv projection;  // C -> outputs
  LinearConv to_out;      // C -> C
};
struct TransformerBlockMaps {
  explicit TransformerBlockMaps(const TransformerBlock& block);

  TokenAttentionMaps attn1, attn2;
  LinearConv ff_proj;  // C -> 8 * C
  LinearConv ff_out;   // 4 * C -> C
};
struct TransformerMaps {
  explicit TransformerMaps(const Transformer& transformer);

  LinearConv proj_in, proj_out;  // C -> C
  std::vector<TransformerBlockMaps> blocks;
};

// The derivative of x + attention(norm(x)). Tangents and cotangents are (n, C, H, W) channels-last,
// here and below.
class TokenAttentionDerivative {
 public:
  explicit TokenAttentionDerivative(const TokenAttentionMaps& maps) : maps_(&maps) {}

  // x (b, C, H, W) channels-last, text (1 or b, tokens, D) -> (b, C, H, W)
  at::Tensor record(const TokenAttention& attention, const LayerNorm& norm, const at::Tensor& x,
                    const at::Tensor& text, RecordedRows where, Execution execution);
  at::Tensor jvp(const at::Tensor& dx, const Rows& rows) const;
  at::Tensor vjp(const at::Tensor& u, const Rows& rows) const;
  int64_t bytes() const { return norm_.bytes() + softmax_.bytes(); }

 private:
  const TokenAttentionMaps* maps_;
  LayerNormDerivative norm_;
  SoftmaxAttentionDerivative softmax_;
};

// The derivative of TransformerBlock::forward.
class TransformerBlockDerivative {
 public:
  explicit TransformerBlockDerivative(const TransformerBlockMaps& maps)
      : maps_(&maps), attn1_(maps.attn1), attn2_(maps.attn2) {}

  at::Tensor record(const TransformerBlock& block, const at::Tensor& x, const at::Tensor& text,
                    RecordedRows where, Execution execution);
  at::Tensor jvp(const at::Tensor& dx, const Rows& rows) const;
  at::Tensor vjp(const at::Tensor& u, const Rows& rows) const;
  int64_t bytes() const {
    return attn1_.bytes() + attn2_.bytes() + norm3_.bytes() + geglu_.bytes();
  }

 private:
  const TransformerBlockMaps* maps_;
  TokenAttentionDerivative attn1_, attn2_;
  LayerNormDerivative norm3_;
  GegluDerivative geglu_;
};

// The derivative of Transformer::forward.
class TransformerDerivative {
 public:
  // `maps` must outlive the derivative.
  explicit TransformerDerivative(const TransformerMaps& maps);

  // Transformer::forward, recording what the derivative needs.
  // x (b, C, H, W) channels-last, text (1 or b, tokens, D) -> (b, C, H, W)
  at::Tensor record(const Transformer& transformer, const at::Tensor& x, const at::Tensor& text,
                    RecordedRows where, Execution execution);
  // dx (n, C, H, W) -> (n, C, H, W)
  at::Tensor jvp(const at::Tensor& dx, const Rows& rows) const;
  // u (n, C, H, W) -> (n, C, H, W)
  at::Tensor vjp(const at::Tensor& u, const Rows& rows) const;
  int64_t bytes() const;

 private:
  const TransformerMaps* maps_;
  GroupNormSiluDerivative norm_;
  std::vector<TransformerBlockDerivative> blocks_;
};

}  // namespace hspace
