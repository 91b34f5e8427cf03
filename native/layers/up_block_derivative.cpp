#include "layers/up_block_derivative.h"

#include <ATen/ops/upsample_nearest2d.h>

namespace hspace {

UpBlockMaps::UpBlockMaps(const UpBlock& block) {
  for (const ResnetBlock& resnet : block.resnets) resnets.emplace_back(resnet);
  for (const SpatialAttention& attention : block.attentions)
    attentions.push_back(maps_of(attention));
  if (block.upsampler) upsampler = LinearConv::upsampled(block.upsampler->conv.weight);
}

UpBlockDerivative::UpBlockDerivative(const UpBlockMaps& maps) : maps_(&maps) {
  for (const ResnetMaps& resnet : maps.resnets) resnets_.emplace_back(resnet);
  for (const SpatialAttentionMaps& attention : maps.attentions) attentions_.emplace_back(attention);
}

at::Tensor UpBlockDerivative::record(const UpBlock& block, at::Tensor x, const at::Tensor& time,
                                     const at::Tensor& text, const std::vector<at::Tensor>& skips,
                                     size_t& remaining, RecordedRows where, Execution execution) {
  for (size_t i = 0; i < resnets_.size(); ++i) {
    const at::Tensor skip = skips[--remaining].to(x.scalar_type());
    x = resnets_[i].record(block.resnets[i], {x, skip}, time, where, execution);
    if (!attentions_.empty()) {
      x = attentions_[i].record(block.attentions[i], x, text, where, execution);
    }
  }
  if (!block.upsampler) return x;
  const Upsample& upsampler = *block.upsampler;
  if (upsampler.conv.weight.scalar_type() == x.scalar_type()) {
    return upsampler.forward(x, execution).contiguous(at::MemoryFormat::ChannelsLast);
  }
  const at::Tensor doubled = at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
  return recorded_conv(upsampler.conv, {doubled}, {}, execution);
}

at::Tensor UpBlockDerivative::jvp(at::Tensor dx, const Rows& rows) const {
  for (size_t i = 0; i < resnets_.size(); ++i) {
    dx = resnets_[i].jvp(dx, rows);
    if (!attentions_.empty()) dx = attentions_[i].jvp(dx, rows);
  }
  return maps_->upsampler.defined() ? maps_->upsampler.apply(dx) : dx;
}

at::Tensor UpBlockDerivative::vjp(at::Tensor u, const Rows& rows) const {
  if (maps_->upsampler.defined()) u = maps_->upsampler.transpose(u);
  for (size_t i = resnets_.size(); i-- > 0;) {
    if (!attentions_.empty()) u = attentions_[i].vjp(u, rows);
    u = resnets_[i].vjp(u, rows);
  }
  return u;
}

int64_t UpBlockDerivative::bytes() const {
  int64_t bytes = 0;
  for (const ResnetDerivative& resnet : resnets_) bytes += resnet.bytes();
  for (const SpatialAttentionDerivative& attention : attentions_) bytes += attention.bytes();
  return bytes;
}

}  // namespace hspace
