#include "networks/autoencoder/coders.h"

namespace hspace {
namespace {

std::string indexed(const std::string& key, const std::string& list, size_t index) {
  return key + "." + list + "." + std::to_string(index);
}

MidBlock load_mid_block(const LayerLoader& loader, const AutoencoderConfig& config,
                        const std::string& key) {
  const int64_t channels = config.block_out_channels.back();
  std::optional<SpatialAttention> attention;
  if (config.mid_block_add_attention)
    attention = Attention(loader, key + ".attentions.0", channels, 1, config.norm_num_groups);
  return {loader, key, channels, std::move(attention)};
}

std::vector<ResnetBlock> load_resnets(const LayerLoader& loader, const std::string& key,
                                      int64_t count, int64_t in, int64_t out) {
  std::vector<ResnetBlock> resnets;
  for (int64_t i = 0; i < count; ++i)
    resnets.emplace_back(loader, indexed(key, "resnets", i),
                         std::vector<int64_t>{i == 0 ? in : out}, out);
  return resnets;
}

Conv2d load_wide(const LayerLoader& loader, const std::string& key, int64_t in, int64_t out) {
  return Conv2d::load(loader.weights, key, {in}, out, {}, loader.placement, /*wide=*/true);
}

GroupNorm load_norm(const LayerLoader& loader, const std::string& key, int64_t channels) {
  return GroupNorm::load(loader.weights, key, channels, loader.norm_groups, loader.norm_eps,
                         loader.placement);
}

// The fast path works on channels-last tensors from end to end.
at::Tensor layout(const at::Tensor& x, Execution execution) {
  return execution == Execution::kFast ? x.contiguous(at::MemoryFormat::ChannelsLast)
                                       : x.contiguous();
}

}  // namespace

PictureEncoder::PictureEncoder(const LayerLoader& loader, const AutoencoderConfig& config)
    : placement_(loader.placement),
      conv_in_(load_wide(loader, "encoder.conv_in", config.in_channels,
                         config.block_out_channels.front())),
      mid_block_(load_mid_block(loader, config, "encoder.mid_block")),
      conv_norm_out_(load_norm(loader, "encoder.conv_norm_out", config.block_out_channels.back())),
      conv_out_(load_wide(loader, "encoder.conv_out", config.block_out_channels.back(),
                          config.codebook ? config.latent_channels : 2 * config.latent_channels)) {
  const std::vector<int64_t>& widths = config.block_out_channels;
  for (size_t i = 0; i < widths.size(); ++i) {
    const std::string key = "encoder.down_blocks." + std::to_string(i);
    Level level{
        load_resnets(loader, key, config.layers_per_block, widths[i == 0 ? 0 : i - 1], widths[i]),
        std::nullopt};
    if (i + 1 < widths.size())
      level.downsampler.emplace(loader, key + ".downsamplers.0", widths[i], /*padding=*/0);
    levels_.push_back(std::move(level));
  }
}

at::Tensor PictureEncoder::forward(const at::Tensor& x, Execution execution) const {
  at::Tensor h = conv_in_.forward({layout(x, execution)}, execution).to(placement_.dtype);
  for (const Level& level : levels_) {
    for (const ResnetBlock& resnet : level.resnets) h = resnet.forward({h}, {}, execution);
    if (level.downsampler) h = level.downsampler->forward(h, execution);
  }
  h = mid_block_.forward(h, {}, {}, execution);
  h = conv_norm_out_.forward({h}, {}, Activation::kSilu, placement_.wide(), execution);
  return conv_out_.forward({h}, execution);
}

PictureDecoder::PictureDecoder(const LayerLoader& loader, const AutoencoderConfig& config)
    : placement_(loader.placement),
      conv_in_(load_wide(loader, "decoder.conv_in", config.latent_channels,
                         config.block_out_channels.back())),
      mid_block_(load_mid_block(loader, config, "decoder.mid_block")),
      conv_norm_out_(load_norm(loader, "decoder.conv_norm_out", config.block_out_channels.front())),
      conv_out_(load_wide(loader, "decoder.conv_out", config.block_out_channels.front(),
                          config.out_channels)) {
  const std::vector<int64_t> widths(config.block_out_channels.rbegin(),
                                    config.block_out_channels.rend());
  for (size_t i = 0; i < widths.size(); ++i) {
    const std::string key = "decoder.up_blocks." + std::to_string(i);
    Level level{load_resnets(loader, key, config.layers_per_block + 1, widths[i == 0 ? 0 : i - 1],
                             widths[i]),
                std::nullopt};
    if (i + 1 < widths.size()) level.upsampler.emplace(loader, key + ".upsamplers.0", widths[i]);
    levels_.push_back(std::move(level));
  }
}

at::Tensor PictureDecoder::forward(const at::Tensor& z, Execution execution) const {
  at::Tensor h = conv_in_.forward({layout(z, execution)}, execution).to(placement_.dtype);
  h = mid_block_.forward(h, {}, {}, execution);
  for (const Level& level : levels_) {
    for (const ResnetBlock& resnet : level.resnets) h = resnet.forward({h}, {}, execution);
    if (level.upsampler) h = level.upsampler->forward(h, execution);
  }
  h = conv_norm_out_.forward({h}, {}, Activation::kSilu, placement_.wide(), execution);
  return conv_out_.forward({h}, execution);
}

}  // namespace hspace
