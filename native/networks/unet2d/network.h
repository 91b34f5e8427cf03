#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "files/weight_map.h"
#include "hspace/bottleneck.h"
#include "layers/blocks.h"
#include "layers/condition_embedding.h"
#include "networks/unet2d/decoder_maps.h"

namespace hspace {

// The layers of a UNet2DModel or UNet2DConditionModel, under their checkpoint names, and the two
// halves of its forward pass. Arguments are on the model's device and in its element types; UNet
// sees to that.
struct Network {
  // Loads a diffusers unet/ directory.
  static std::unique_ptr<const Network> load(const std::string& directory,
                                             const std::string& variant,
                                             const Placement& placement);

  // x (B, C, H, W) wide, t (1 or B); condition: checked
  Bottleneck encode(const at::Tensor& x, const at::Tensor& t, const Condition& condition,
                    InjectionPoint point, Execution execution) const;
  // h (B, c, h, w) wide: the activation to go on with, Δh included → ε (B, C, H, W) wide
  at::Tensor decode(const Bottleneck& bottleneck, const at::Tensor& h, Execution execution) const;

  // Error naming what was expected and what was found, unless `bottleneck` is one that encode() of
  // this network, or of one of the same shapes, could have made.
  void check(const Bottleneck& bottleneck) const;

  // How this model runs on its device, in its precision.
  Execution execution() const {
    return placement.fast() ? Execution::kFast : Execution::kReference;
  }

  UNetConfig config;
  Placement placement;
  TimeEmbedding time_embedding;
  ConditionEmbedding condition_embedding;
  Conv2d conv_in;  // wide
  std::vector<DownBlock> down_blocks;
  struct Skip {
    int64_t channels;
    size_t level;  // 0 has the input's size, each further one half of it
  };
  std::vector<Skip> skips;  // in the encoder's order
  MidBlock mid_block;
  std::vector<UpBlock> up_blocks;
  GroupNorm conv_norm_out;
  Conv2d conv_out;  // wide; without the rows of a learned variance
  TimeProjections time_projections;
  // Where the layers come from, for their hash.
  std::unique_ptr<const WeightMap> weights;
  // The decoder's layers as linear maps, for its derivative.
  std::optional<DecoderMaps> decoder_maps;

 private:
  Network(const LayerLoader& loader, UNetConfig config);

  // Activation at the injection point → input of the first up block.
  at::Tensor leave_bottleneck(const Bottleneck& bottleneck, const at::Tensor& h,
                              Execution execution) const;
};

}  // namespace hspace
