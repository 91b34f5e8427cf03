#include "layers/blocks.h"

namespace hspace {
namespace {

std::string indexed(const std::string& key, const std::string& list, size_t index) {
  return key + "." + list + "." + std::to_string(index);
}

std::optional<Attention> mid_attention(const LayerLoader& loader) {
  const UNetConfig& config = loader.config;
  if (!config.add_attention) return std::nullopt;
  std::optional<int64_t> groups = config.attn_norm_num_groups;
  if (!groups && config.resnet_time_scale_shift == TimeScaleShift::kDefault) {
    groups = config.norm_num_groups;
  }
  return Attention(loader, "mid_block.attentions.0", config.block_out_channels.back(), groups,
                   config.mid_block_scale_factor);
}

}  // namespace

DownBlock::DownBlock(const LayerLoader& loader, const std::string& key, int64_t in_channels,
                     int64_t out_channels, bool attention, bool downsample) {
  for (int64_t i = 0; i < loader.config.layers_per_block; ++i) {
    resnets.emplace_back(loader, indexed(key, "resnets", i),
                         std::vector<int64_t>{i == 0 ? in_channels : out_channels}, out_channels);
    if (attention) {
      attentions.emplace_back(loader, indexed(key, "attentions", i), out_channels,
                              loader.config.norm_num_groups);
    }
  }
  if (downsample) downsampler.emplace(loader, key + ".downsamplers.0", out_channels);
}

at::Tensor DownBlock::forward(at::Tensor x, const at::Tensor& time, std::vector<at::Tensor>& skips,
                              Execution execution) const {
  for (size_t i = 0; i < resnets.size(); ++i) {
    x = resnets[i].forward({x}, time, execution);
    if (!attentions.empty()) x = attentions[i].forward(x, execution);
    skips.push_back(x);
  }
  if (downsampler) {
    x = downsampler->forward(x, execution);
    skips.push_back(x);
  }
  return x;
}

MidBlock::MidBlock(const LayerLoader& loader)
    : resnet0(loader, "mid_block.resnets.0", {loader.config.block_out_channels.back()},
              loader.config.block_out_channels.back(), loader.config.mid_block_scale_factor),
      attention(mid_attention(loader)),
      resnet1(loader, "mid_block.resnets.1", {loader.config.block_out_channels.back()},
              loader.config.block_out_channels.back(), loader.config.mid_block_scale_factor) {}

at::Tensor MidBlock::front(const at::Tensor& x, const at::Tensor& time, Execution execution) const {
  const at::Tensor h = resnet0.forward({x}, time, execution);
  return attention ? attention->forward(h, execution) : h;
}

at::Tensor MidBlock::forward(const at::Tensor& x, const at::Tensor& time,
                             Execution execution) const {
  return resnet1.forward({front(x, time, execution)}, time, execution);
}

UpBlock::UpBlock(const LayerLoader& loader, const std::string& key, int64_t in_channels,
                 const std::vector<int64_t>& skip_channels, int64_t out_channels, bool attention,
                 bool upsample) {
  for (size_t i = 0; i < skip_channels.size(); ++i) {
    resnets.emplace_back(
        loader, indexed(key, "resnets", i),
        std::vector<int64_t>{i == 0 ? in_channels : out_channels, skip_channels[i]}, out_channels);
    if (attention) {
      attentions.emplace_back(loader, indexed(key, "attentions", i), out_channels,
                              loader.config.norm_num_groups);
    }
  }
  if (upsample) upsampler.emplace(loader, key + ".upsamplers.0", out_channels);
}

at::Tensor UpBlock::forward(at::Tensor x, const at::Tensor& time,
                            const std::vector<at::Tensor>& skips, size_t& remaining,
                            Execution execution) const {
  for (size_t i = 0; i < resnets.size(); ++i) {
    x = resnets[i].forward({x, skips[--remaining]}, time, execution);
    if (!attentions.empty()) x = attentions[i].forward(x, execution);
  }
  return upsampler ? upsampler->forward(x, execution) : x;
}

}  // namespace hspace
