#pragma once

#include <optional>
#include <string>

#include "layers/conv2d.h"
#include "layers/layer_loader.h"

namespace hspace {

// diffusers' Attention as a BasicTransformerBlock uses it, without normalisation: over the
// positions of the picture itself, or, with a text, over that text's tokens.
//   x → q;  x or text → k, v;  softmax(q kᵀ / √d) v → to_out (+ residual)
class TokenAttention {
 public:
  // text_width: D, for attention to a text.
  TokenAttention(const LayerLoader& loader, const std::string& key, int64_t channels, int64_t heads,
                 std::optional<int64_t> text_width);

  // x (B, C, H, W), text (1 or B, tokens, D), residual (B, C, H, W) → (B, C, H, W)
  at::Tensor forward(const at::Tensor& x, const at::Tensor& text, const at::Tensor& residual,
                     Execution execution) const;

  // Keys and values of a text, one after the other (1 or B, tokens, 2 * C).
  at::Tensor keys_and_values(const at::Tensor& text, Execution execution) const;

  bool reads_text;
  int64_t heads;
  Conv2d projection;            // to_q, to_k and to_v stacked, C → 3 * C; to_q alone with a text
  std::optional<Conv2d> to_kv;  // of a text: to_k and to_v stacked, D → 2 * C
  Conv2d to_out;                // C → C
};

}  // namespace hspace
