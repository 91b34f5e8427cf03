#pragma once

#include <optional>
#include <string>

#include "kernels/prepacked_transposed_conv.h"
#include "layers/conv2d.h"
#include "layers/layer_loader.h"

namespace hspace {

// diffusers' Downsample2D with a convolution: 3x3, stride 2. Padding 1 on all sides, or 0, which
// means one row and column of zeros at the end only.
class Downsample {
 public:
  Downsample(const LayerLoader& loader, const std::string& key, int64_t channels, int64_t padding);

  // x (B, C, H, W) → (B, C, H/2, W/2)
  at::Tensor forward(const at::Tensor& x, Execution execution) const;

  Conv2d conv;
};

// diffusers' Upsample2D with a convolution: every pixel becomes 2x2 pixels, then 3x3.
class Upsample {
 public:
  Upsample(const LayerLoader& loader, const std::string& key, int64_t channels);

  // x (B, C, H, W) → (B, C, 2H, 2W)
  at::Tensor forward(const at::Tensor& x, Execution execution) const;

  Conv2d conv;  // of the upsampled picture

 private:
  std::optional<PrepackedTransposedConv> folded_;  // both steps in one; only on the fast path
};

}  // namespace hspace
