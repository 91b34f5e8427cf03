#pragma once

#include <variant>

#include "layers/attention.h"
#include "layers/transformer.h"

namespace hspace {

// What mixes the positions of a picture behind a residual block, in checkpoints "attentions.<i>":
// an attention, or a transformer that reads the text as well.
using SpatialAttention = std::variant<Attention, Transformer>;

// x (B, C, H, W), text (1 or B, tokens, D), for transformers → (B, C, H, W)
inline at::Tensor forward(const SpatialAttention& attention, const at::Tensor& x,
                          const at::Tensor& text, Execution execution) {
  if (const auto* transformer = std::get_if<Transformer>(&attention))
    return transformer->forward(x, text, execution);
  return std::get<Attention>(attention).forward(x, execution);
}

}  // namespace hspace
