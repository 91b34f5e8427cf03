#include "networks/unet2d/block_loading.h"

#include <optional>

namespace hspace {
namespace {

std::string indexed(const std::string& key, const std::string& list, size_t index) {
  return key + "." + list + "." + std::to_string(index);
}

Transformer load_transformer(const LayerLoader& loader, const UNetConfig& config,
                             const std::string& key, size_t level, bool only_cross_attention) {
  const TransformerConfig& transformers = *config.transformers;
  return {loader, key,
          TransformerShape{config.block_out_channels[level], transformers.heads[level],
                           transformers.layers[level], transformers.cross_attention_dim,
                           only_cross_attention}};
}

Attention load_attention(const LayerLoader& loader, const UNetConfig& config,
                         const std::string& key, size_t level) {
  const int64_t channels = config.block_out_channels[level];
  return {loader, key, channels, config.attention_heads(channels), config.norm_num_groups};
}

std::optional<SpatialAttention> load_mid_attention(const LayerLoader& loader,
                                                   const UNetConfig& config) {
  const std::string key = "mid_block.attentions.0";
  const size_t level = config.block_out_channels.size() - 1;
  // diffusers' mid block has no such choice.
  if (config.transformers) return load_transformer(loader, config, key, level, false);
  if (!config.add_attention) return std::nullopt;
  std::optional<int64_t> groups = config.attn_norm_num_groups;
  if (!groups && config.resnet_time_scale_shift == TimeScaleShift::kDefault) {
    groups = config.norm_num_groups;
  }
  const int64_t channels = config.block_out_channels.back();
  return Attention(loader, key, channels, config.attention_heads(channels), groups,
                   config.mid_block_scale_factor);
}

}  // namespace

DownBlock load_down_block(const LayerLoader& loader, const UNetConfig& config, size_t level) {
  const std::string key = "down_blocks." + std::to_string(level);
  const DownBlockType type = config.down_block_types[level];
  const int64_t channels = config.block_out_channels[level];
  DownBlock block;
  for (int64_t i = 0; i < config.layers_per_block; ++i) {
    const int64_t in = i == 0 && level > 0 ? config.block_out_channels[level - 1] : channels;
    block.resnets.emplace_back(loader, indexed(key, "resnets", i), std::vector<int64_t>{in},
                               channels);
    const std::string attention = indexed(key, "attentions", i);
    if (type == DownBlockType::kAttnDownBlock2D) {
      block.attentions.push_back(load_attention(loader, config, attention, level));
    } else if (type == DownBlockType::kCrossAttnDownBlock2D) {
      block.attentions.push_back(load_transformer(
          loader, config, attention, level, config.transformers->only_cross_attention[level]));
    }
  }
  if (level + 1 != config.block_out_channels.size()) {
    block.downsampler.emplace(loader, key + ".downsamplers.0", channels, config.downsample_padding);
  }
  return block;
}

MidBlock load_mid_block(const LayerLoader& loader, const UNetConfig& config) {
  return {loader, "mid_block", config.block_out_channels.back(), load_mid_attention(loader, config),
          config.mid_block_scale_factor};
}

UpBlock load_up_block(const LayerLoader& loader, const UNetConfig& config, size_t index,
                      int64_t in_channels, const std::vector<int64_t>& skip_channels) {
  const std::string key = "up_blocks." + std::to_string(index);
  const UpBlockType type = config.up_block_types[index];
  const size_t level = config.block_out_channels.size() - 1 - index;
  const int64_t channels = config.block_out_channels[level];
  UpBlock block;
  for (size_t i = 0; i < skip_channels.size(); ++i) {
    block.resnets.emplace_back(
        loader, indexed(key, "resnets", i),
        std::vector<int64_t>{i == 0 ? in_channels : channels, skip_channels[i]}, channels);
    const std::string attention = indexed(key, "attentions", i);
    if (type == UpBlockType::kAttnUpBlock2D) {
      block.attentions.push_back(load_attention(loader, config, attention, level));
    } else if (type == UpBlockType::kCrossAttnUpBlock2D) {
      block.attentions.push_back(load_transformer(
          loader, config, attention, level, config.transformers->only_cross_attention[level]));
    }
  }
  if (level > 0) block.upsampler.emplace(loader, key + ".upsamplers.0", channels);
  return block;
}

}  // namespace hspace
