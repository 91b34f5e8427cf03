#include "layers/attention_derivative.h"

#include <ATen/TensorOperators.h>

#include <cmath>

#include "layers/resnet_derivative.h"

namespace hspace {
namespace {

// (n, C, H, W) channels-last -> (n, H*W, C), a view, and back.
at::Tensor tokens(const at::Tensor& x) {
  return x.permute({0, 2, 3, 1}).view({x.size(0), x.size(2) * x.size(3), x.size(1)});
}

at::Tensor image(const at::Tensor& t, const at::Tensor& like) {
  return t.view({t.size(0), like.size(2), like.size(3), t.size(2)}).permute({0, 3, 1, 2});
}

}  // namespace

AttentionMaps::AttentionMaps(const Attention& attention)
    : qkv(LinearConv::same(attention.qkv.weight)),
      to_out(LinearConv::same(attention.to_out.weight, 1 / attention.output_scale)),
      identity(1 / attention.output_scale) {}

at::Tensor AttentionDerivative::record(const Attention& attention, const at::Tensor& x,
                                       RecordedRows where, Execution execution) {
  at::Tensor h = x;
  if (attention.group_norm) {
    if (!norm_) norm_.emplace();
    h = norm_->record(x, attention.group_norm->parameters, {}, Activation::kNone, x.size(1), where);
  }
  const at::Tensor qkv = recorded_conv(attention.qkv, {h}, {}, execution);
  const double head_dim = static_cast<double>(qkv.size(1)) / 3 / attention.heads;
  const at::Tensor o =
      softmax_.record(tokens(qkv), attention.heads, 1 / std::sqrt(head_dim), where);
  const at::Tensor y = recorded_conv(attention.to_out, {image(o, x)}, x, execution);
  return attention.output_scale == 1 ? y : y / attention.output_scale;
}

at::Tensor AttentionDerivative::jvp(const at::Tensor& dx, const Rows& rows) const {
  const at::Tensor dqkv = maps_->qkv.apply(norm_ ? norm_->jvp(dx, rows) : dx);
  const at::Tensor o = image(softmax_.jvp(tokens(dqkv), rows), dx);
  return maps_->to_out.apply(o, maps_->identity == 1 ? dx : dx * maps_->identity);
}

at::Tensor AttentionDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  const at::Tensor o = maps_->to_out.transpose(u);
  const at::Tensor qkv = image(softmax_.vjp(tokens(o), rows), u);
  const at::Tensor residual = maps_->identity == 1 ? u : u * maps_->identity;
  if (!norm_) return maps_->qkv.transpose(qkv, residual);
  return norm_->vjp(maps_->qkv.transpose(qkv), rows, residual);
}

}  // namespace hspace
