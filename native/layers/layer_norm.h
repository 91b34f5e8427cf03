#pragma once

#include <string>

#include "layers/execution.h"
#include "layers/layer_loader.h"

namespace hspace {

// torch.nn.LayerNorm over the channels of a picture, at each position.
struct LayerNorm {
  // Takes "<key>.weight" and "<key>.bias".
  static LayerNorm load(const LayerLoader& loader, const std::string& key, int64_t channels);

  // x (B, C, H, W) → (B, C, H, W), channels-last, in its element type
  at::Tensor forward(const at::Tensor& x, Execution execution) const;

  static constexpr double kEps = 1e-5;

  at::Tensor weight;  // (C), wide
  at::Tensor bias;    // (C), wide
};

}  // namespace hspace
