#pragma once

#include <optional>
#include <string>

#include "layers/conv2d.h"
#include "layers/group_norm.h"
#include "layers/layer_loader.h"

namespace hspace {

// diffusers' Attention as UNet2DModel and the autoencoders use it: self-attention over the H*W
// positions, with a residual connection:
//   x → group_norm → q, k, v → softmax(q kᵀ / √d) v → to_out → (+ x) / output_scale
class Attention {
 public:
  // groups: absent when there is no normalisation.
  Attention(const LayerLoader& loader, const std::string& key, int64_t channels, int64_t heads,
            std::optional<int64_t> groups, double output_scale = 1);

  // x (B, C, H, W) → (B, C, H, W)
  at::Tensor forward(const at::Tensor& x, Execution execution) const;

  std::optional<GroupNorm> group_norm;
  Conv2d qkv;     // to_q, to_k and to_v stacked: 1x1, C → 3 * C
  Conv2d to_out;  // 1x1, C → C
  int64_t heads;
  double output_scale;
};

}  // namespace hspace
