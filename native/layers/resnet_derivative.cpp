#include "layers/resnet_derivative.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sigmoid.h>

namespace hspace {
namespace {

at::Tensor channels_last(const at::Tensor& t) {
  return t.contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor whole(const std::vector<at::Tensor>& parts) {
  return channels_last(parts.size() == 1 ? parts[0] : at::cat(parts, 1));
}

}  // namespace

at::Tensor recorded_conv(const Conv2d& conv, const std::vector<at::Tensor>& parts,
                         const at::Tensor& residual, Execution execution) {
  const at::ScalarType dtype = parts[0].scalar_type();
  if (conv.weight.scalar_type() == dtype) {
    return channels_last(conv.forward(parts, execution, residual));
  }
  const at::Tensor bias = conv.bias.defined() ? conv.bias.to(dtype) : at::Tensor();
  at::Tensor y = channels_last(at::conv2d(whole(parts), conv.weight.get().to(dtype), bias,
                                          conv.geometry.stride, conv.geometry.padding));
  return residual.defined() ? y.add_(residual) : y;
}

ResnetMaps::ResnetMaps(const ResnetBlock& block)
    : tangent_channels(block.parts[0]),
      out_channels(block.conv2.weight.size(0)),
      identity(1 / block.output_scale) {
  const int64_t channels = block.norm1.parameters.weight.size(0);
  const int64_t active = GroupNormSiluDerivative::active_channels(
      channels, block.norm1.parameters.groups, tangent_channels);
  conv1 = active == channels ? block.conv1.linear_map()
                             : LinearConv::same(block.conv1.weight.narrow(1, 0, active));
  conv2 = block.conv2.linear_map(identity);
  if (block.conv_shortcut) {
    shortcut =
        LinearConv::same(block.conv_shortcut->weight.narrow(1, 0, tangent_channels), identity);
  }
}

at::Tensor ResnetDerivative::record(const ResnetBlock& block, const std::vector<at::Tensor>& x,
                                    const at::Tensor& time, RecordedRows where,
                                    Execution execution) {
  const at::Tensor input = whole(x);
  at::Tensor h = norm1_.record(input, block.norm1.parameters, {}, Activation::kSilu,
                               maps_->tangent_channels, where);
  h = recorded_conv(block.conv1, {h}, {}, execution);
  h = norm2_.record(h, block.norm2.parameters, block.modulation(time), Activation::kSilu,
                    maps_->out_channels, where);
  const at::Tensor shortcut =
      block.conv_shortcut ? recorded_conv(*block.conv_shortcut, x, {}, execution) : input;
  h = recorded_conv(block.conv2, {h}, shortcut, execution);
  return block.output_scale == 1 ? h : h / block.output_scale;
}

at::Tensor ResnetDerivative::identity(const at::Tensor& dx) const {
  const int64_t skip = maps_->out_channels - maps_->tangent_channels;
  const at::Tensor padded =
      skip == 0 ? dx : channels_last(at::constant_pad_nd(dx, {0, 0, 0, 0, 0, skip}));
  return maps_->identity == 1 ? padded : padded * maps_->identity;
}

at::Tensor ResnetDerivative::residual_transpose(const at::Tensor& u) const {
  if (maps_->shortcut.defined()) return maps_->shortcut.transpose(u);
  const at::Tensor kept = channels_last(u.narrow(1, 0, maps_->tangent_channels));
  return maps_->identity == 1 ? kept : kept * maps_->identity;
}

at::Tensor ResnetDerivative::jvp(const at::Tensor& dx, const Rows& rows) const {
  const at::Tensor h = maps_->conv1.apply(norm1_.jvp(dx, rows));
  if (!maps_->shortcut.defined()) return maps_->conv2.apply(norm2_.jvp(h, rows), identity(dx));
  at::Tensor sum = maps_->shortcut.apply(dx);
  maps_->conv2.accumulate(norm2_.jvp(h, rows), sum);
  return sum;
}

at::Tensor ResnetDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  const at::Tensor h = norm2_.vjp(maps_->conv2.transpose(u), rows);
  return norm1_.vjp(maps_->conv1.transpose(h), rows, residual_transpose(u));
}

at::Tensor ResnetTailDerivative::record(const ResnetBlock& block, const at::Tensor& h,
                                        const std::vector<at::Tensor>& x, RecordedRows where,
                                        Execution execution) {
  if (!slope_.defined()) {
    slope_ = at::empty({where.total, h.size(1), h.size(2), h.size(3)}, h.options(),
                       at::MemoryFormat::ChannelsLast);
  }
  const at::Tensor sigmoid = at::sigmoid(h);
  const at::Tensor a = channels_last(h * sigmoid);
  slope_.narrow(0, where.first, h.size(0)).copy_(sigmoid * (1 + h - a));
  const at::Tensor shortcut =
      block.conv_shortcut ? recorded_conv(*block.conv_shortcut, x, {}, execution) : whole(x);
  const at::Tensor y = recorded_conv(block.conv2, {a}, shortcut, execution);
  return block.output_scale == 1 ? y : y / block.output_scale;
}

at::Tensor ResnetTailDerivative::jvp(const at::Tensor& dh, const Rows& rows) const {
  return maps_->conv2.apply(channels_last(slope_.index_select(0, rows.device).mul_(dh)));
}

at::Tensor ResnetTailDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  return channels_last(maps_->conv2.transpose(u).mul_(slope_.index_select(0, rows.device)));
}

}  // namespace hspace
