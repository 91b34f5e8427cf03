#pragma once

#include <string>

#include "layers/conv2d.h"
#include "layers/layer_loader.h"

namespace hspace {

// diffusers' FeedForward with a GEGLU:
//   x → proj → (a, gate) → a · gelu(gate) → out (+ residual)
class FeedForward {
 public:
  FeedForward(const LayerLoader& loader, const std::string& key, int64_t channels);

  // x and residual (B, C, H, W) → (B, C, H, W)
  at::Tensor forward(const at::Tensor& x, const at::Tensor& residual, Execution execution) const;

  Conv2d proj;  // C → 8 * C: a, then the gate
  Conv2d out;   // 4 * C → C
};

}  // namespace hspace
