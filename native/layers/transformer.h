#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layers/feed_forward.h"
#include "layers/group_norm.h"
#include "layers/layer_norm.h"
#include "layers/token_attention.h"

namespace hspace {

// The shape of a Transformer.
struct TransformerShape {
  int64_t channels;
  int64_t heads;
  int64_t layers;             // transformer blocks
  int64_t text_width;         // D
  bool only_cross_attention;  // whether attn1, too, reads the text
};

// diffusers' BasicTransformerBlock:
//   x + attn1(norm1(x)) → x + attn2(norm2(x), text) → x + ff(norm3(x))
class TransformerBlock {
 public:
  TransformerBlock(const LayerLoader& loader, const std::string& key,
                   const TransformerShape& shape);

  // x (B, C, H, W), text (1 or B, tokens, D) → (B, C, H, W)
  at::Tensor forward(const at::Tensor& x, const at::Tensor& text, Execution execution) const;

  LayerNorm norm1;
  TokenAttention attn1;
  LayerNorm norm2;
  TokenAttention attn2;
  LayerNorm norm3;
  FeedForward ff;
};

// diffusers' Transformer2DModel on a picture: x → norm → proj_in → blocks → proj_out (+ x)
class Transformer {
 public:
  Transformer(const LayerLoader& loader, const std::string& key, const TransformerShape& shape);

  // x (B, C, H, W), text (1 or B, tokens, D) → (B, C, H, W)
  at::Tensor forward(const at::Tensor& x, const at::Tensor& text, Execution execution) const;

  GroupNorm norm;
  Conv2d proj_in;  // 1x1, C → C
  std::vector<TransformerBlock> blocks;
  Conv2d proj_out;  // 1x1, C → C
};

}  // namespace hspace
