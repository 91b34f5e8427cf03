#pragma once

#include <optional>
#include <vector>

#include "hspace/autoencoder.h"
#include "layers/blocks.h"

namespace hspace {

// diffusers' Encoder of an autoencoder: conv_in → DownEncoderBlock2D … → mid block → norm →
// conv_out
class PictureEncoder {
 public:
  PictureEncoder(const LayerLoader& loader, const AutoencoderConfig& config);

  // x (B, in_channels, H, W) wide → (B, latent channels, or twice as many, H / f, W / f) wide
  at::Tensor forward(const at::Tensor& x, Execution execution) const;

 private:
  struct Level {
    std::vector<ResnetBlock> resnets;
    std::optional<Downsample> downsampler;
  };

  const Placement placement_;
  Conv2d conv_in_;  // wide
  std::vector<Level> levels_;
  MidBlock mid_block_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;  // wide
};

// diffusers' Decoder of an autoencoder: conv_in → mid block → UpDecoderBlock2D … → norm → conv_out
class PictureDecoder {
 public:
  PictureDecoder(const LayerLoader& loader, const AutoencoderConfig& config);

  // z (B, latent channels, h, w) wide → (B, out_channels, f h, f w) wide
  at::Tensor forward(const at::Tensor& z, Execution execution) const;

 private:
  struct Level {
    std::vector<ResnetBlock> resnets;
    std::optional<Upsample> upsampler;
  };

  const Placement placement_;
  Conv2d conv_in_;  // wide
  MidBlock mid_block_;
  std::vector<Level> levels_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;  // wide
};

}  // namespace hspace
