#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layers/resample.h"
#include "layers/resnet.h"
#include "layers/spatial_attention.h"

namespace hspace {

// Blocks of a U-Net. `text` is what their transformers read, (1 or B, tokens, D); undefined in
// networks without.

// diffusers' DownBlock2D, AttnDownBlock2D and CrossAttnDownBlock2D: residual blocks, each with
// attention after it or not, then a downsampling or not. Every result is a skip connection.
class DownBlock {
 public:
  // x (B, C_in, H, W) → (B, C_out, H', W'); appends to skips.
  at::Tensor forward(at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                     std::vector<at::Tensor>& skips, Execution execution) const;

  std::vector<ResnetBlock> resnets;
  std::vector<SpatialAttention> attentions;  // none, or one a residual block
  std::optional<Downsample> downsampler;
};

// diffusers' UNetMidBlock2D and UNetMidBlock2DCrossAttn: residual block, attention or not, residual
// block. All of it (B, c, h, w).
class MidBlock {
 public:
  // attention: as loaded from "<key>.attentions.0", if there is any.
  MidBlock(const LayerLoader& loader, const std::string& key, int64_t channels,
           std::optional<SpatialAttention> attention, double output_scale = 1);

  at::Tensor forward(const at::Tensor& x, const at::Tensor& time, const at::Tensor& text,
                     Execution execution) const;
  // The part in front of the second residual block.
  at::Tensor front(const at::Tensor& x, const at::Tensor& time, const at::Tensor& text,
                   Execution execution) const;

  ResnetBlock resnet0;
  std::optional<SpatialAttention> attention;
  ResnetBlock resnet1;
};

// diffusers' UpBlock2D, AttnUpBlock2D and CrossAttnUpBlock2D: residual blocks, each of which takes
// one skip connection behind its input's channels, then an upsampling or not.
class UpBlock {
 public:
  // x (B, C_in, H, W) → (B, C_out, H', W'). Takes its skips from the end of skips[0, remaining),
  // and lowers `remaining` by their number.
  at::Tensor forward(at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                     const std::vector<at::Tensor>& skips, size_t& remaining,
                     Execution execution) const;

  std::vector<ResnetBlock> resnets;
  std::vector<SpatialAttention> attentions;  // none, or one a residual block
  std::optional<Upsample> upsampler;
};

}  // namespace hspace
