#include "layers/attention_derivative.h"

#include <ATen/TensorOperators.h>

#include <cmath>

#include "layers/dot_product_attention.h"
#include "layers/resnet_derivative.h"

namespace hspace {

AttentionMaps::AttentionMaps(const Attention& attention)
    : qkv(attention.qkv.linear_map()),
      to_out(attention.to_out.linear_map(1 / attention.output_scale)),
      identity(1 / attention.output_scale) {}

at::Tensor AttentionDerivative::record(const Attention& attention, const at::Tensor& x,
                                       RecordedRows where, Execution execution) {
  at::Tensor h = x;
  if (attention.group_norm) {
    if (!norm_) norm_.emplace();
    h = norm_->record(x, attention.group_norm->parameters, {}, Activation::kNone, x.size(1), where);
  }
  const at::Tensor qkv = tokens_of(recorded_conv(attention.qkv, {h}, {}, execution));
  const int64_t channels = x.size(1);
  const auto part = [&](int64_t i) { return qkv.narrow(2, i * channels, channels); };
  const double head_dim = static_cast<double>(channels) / static_cast<double>(attention.heads);
  const at::Tensor o = softmax_.record(part(0), part(1), part(2), attention.heads,
                                       1 / std::sqrt(head_dim), /*keys_vary=*/true, where);
  const at::Tensor y = recorded_conv(attention.to_out, {picture_of(o, x)}, x, execution);
  return attention.output_scale == 1 ? y : y / attention.output_scale;
}

at::Tensor AttentionDerivative::jvp(const at::Tensor& dx, const Rows& rows) const {
  const at::Tensor dqkv = maps_->qkv.apply(norm_ ? norm_->jvp(dx, rows) : dx);
  const at::Tensor o = picture_of(softmax_.jvp(tokens_of(dqkv), rows), dx);
  return maps_->to_out.apply(o, maps_->identity == 1 ? dx : dx * maps_->identity);
}

at::Tensor AttentionDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  const at::Tensor o = maps_->to_out.transpose(u);
  const at::Tensor qkv = picture_of(softmax_.vjp(tokens_of(o), rows), u);
  const at::Tensor residual = maps_->identity == 1 ? u : u * maps_->identity;
  if (!norm_) return maps_->qkv.transpose(qkv, residual);
  return norm_->vjp(maps_->qkv.transpose(qkv), rows, residual);
}

}  // namespace hspace
