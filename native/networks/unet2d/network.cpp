#include "networks/unet2d/network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/silu.h>

#include <utility>

#include "hspace/error.h"
#include "networks/unet2d/block_loading.h"

namespace hspace {
namespace {

void refuse_resnet_resampling(const UNetConfig& config, const std::string& directory) {
  if (config.downsample_type == ResampleType::kConv &&
      config.upsample_type == ResampleType::kConv) {
    return;
  }
  const bool down = config.downsample_type != ResampleType::kConv;
  throw FileError(directory + "/config.json: " + (down ? "downsample_type" : "upsample_type") +
                  ": expected conv, found resnet, which is not implemented");
}

// The fast path works on channels-last tensors from end to end.
at::Tensor layout(const at::Tensor& x, Execution execution) {
  return execution == Execution::kFast ? x.contiguous(at::MemoryFormat::ChannelsLast)
                                       : x.contiguous();
}

}  // namespace

std::unique_ptr<const Network> Network::load(const std::string& directory,
                                             const std::string& variant,
                                             const Placement& placement) {
  const UNetConfig config = UNetConfig::load(directory + "/config.json");
  refuse_resnet_resampling(config, directory);
  auto weights = std::make_unique<WeightMap>(directory, variant);
  TimeProjections time_projections(placement);
  const LayerLoader loader{
      *weights, placement, config.norm_num_groups, config.norm_eps,
      LayerLoader::Time{time_projections, config.time_embed_dim(), config.resnet_time_scale_shift}};
  std::unique_ptr<Network> network(new Network(loader, config));
  const std::vector<std::string> unused = weights->finish();
  network->config.warnings.insert(network->config.warnings.end(), unused.begin(), unused.end());
  network->weights = std::move(weights);
  time_projections.finish();
  network->time_projections = std::move(time_projections);
  network->decoder_maps.emplace(*network);
  return network;
}

Network::Network(const LayerLoader& loader, UNetConfig unet_config)
    : config(std::move(unet_config)),
      placement(loader.placement),
      time_embedding(loader.weights, config, placement),
      condition_embedding(loader.weights, config, placement),
      conv_in(Conv2d::load(loader.weights, "conv_in", {config.in_channels},
                           config.block_out_channels.front(), {}, placement, /*wide=*/true)),
      mid_block(load_mid_block(loader, config)),
      conv_norm_out(GroupNorm::load(loader.weights, "conv_norm_out",
                                    config.block_out_channels.front(), config.norm_num_groups,
                                    config.norm_eps, placement)),
      conv_out(Conv2d::load(loader.weights, "conv_out", {config.block_out_channels.front()},
                            config.out_channels, {}, placement, /*wide=*/true)
                   .first_outputs(config.in_channels)),
      time_projections(placement) {
  const std::vector<int64_t>& widths = config.block_out_channels;
  const size_t levels = widths.size();
  skips.push_back({widths[0], 0});
  for (size_t i = 0; i < levels; ++i) {
    down_blocks.push_back(load_down_block(loader, config, i));
    skips.insert(skips.end(), config.layers_per_block, {widths[i], i});
    if (down_blocks.back().downsampler) skips.push_back({widths[i], i + 1});
  }
  int64_t channels = widths.back();
  auto next = skips.rbegin();
  for (size_t i = 0; i < levels; ++i) {
    std::vector<int64_t> taken;  // channels of the skip connections that this block reads
    for (int64_t k = 0; k <= config.layers_per_block; ++k) taken.push_back((next++)->channels);
    up_blocks.push_back(load_up_block(loader, config, i, channels, taken));
    channels = widths[levels - 1 - i];
  }
}

Bottleneck Network::encode(const at::Tensor& x, const at::Tensor& t, const Condition& condition,
                           InjectionPoint point, Execution execution) const {
  Bottleneck out{point, {}, {}, {}, {}, t, {}};
  out.time =
      time_projections.forward(condition_embedding.add(time_embedding.forward(t), condition));
  if (condition.text.defined())
    out.text = condition.text.to(placement.device, placement.dtype).contiguous();
  at::Tensor h = layout(config.center_input_sample ? 2 * x - 1 : x, execution);
  h = conv_in.forward({h}, execution).to(placement.dtype);
  out.skips.push_back(h);
  for (const DownBlock& block : down_blocks) {
    h = block.forward(h, out.time, out.text, out.skips, execution);
  }
  if (point == InjectionPoint::kAfter) {
    h = mid_block.forward(h, out.time, out.text, execution);
  } else if (point == InjectionPoint::kMiddle) {
    out.residual = mid_block.front(h, out.time, out.text, execution);
    h = mid_block.resnet1.to_middle({out.residual}, out.time, Activation::kNone, execution);
  }
  out.h = h.to(placement.wide()).contiguous();
  return out;
}

at::Tensor Network::leave_bottleneck(const Bottleneck& bottleneck, const at::Tensor& h,
                                     Execution execution) const {
  switch (bottleneck.point) {
    case InjectionPoint::kAfter:
      return layout(h.to(placement.dtype), execution);
    case InjectionPoint::kBefore:
      return mid_block.forward(layout(h.to(placement.dtype), execution), bottleneck.time,
                               bottleneck.text, execution);
    case InjectionPoint::kMiddle:
      return mid_block.resnet1.from_middle(layout(at::silu(h).to(placement.dtype), execution),
                                           {bottleneck.residual}, execution);
  }
  throw Error("unknown injection point");
}

at::Tensor Network::decode(const Bottleneck& bottleneck, const at::Tensor& h,
                           Execution execution) const {
  at::Tensor x = leave_bottleneck(bottleneck, h, execution);
  size_t remaining = bottleneck.skips.size();
  for (const UpBlock& block : up_blocks) {
    x = block.forward(x, bottleneck.time, bottleneck.text, bottleneck.skips, remaining, execution);
  }
  x = conv_norm_out.forward({x}, {}, Activation::kSilu, placement.wide(), execution);
  x = conv_out.forward({x}, execution).contiguous();
  // The Fourier embedding belongs to models that predict a score of scale 1/t.
  if (config.time_embedding_type == TimeEmbeddingType::kFourier) {
    x = x / bottleneck.timestep.to(x.scalar_type()).view({-1, 1, 1, 1});
  }
  return x;
}

}  // namespace hspace
