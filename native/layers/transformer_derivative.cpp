#include "layers/transformer_derivative.h"

#include <ATen/TensorOperators.h>

#include <cmath>

#include "layers/dot_product_attention.h"
#include "layers/resnet_derivative.h"

namespace hspace {

TokenAttentionMaps::TokenAttentionMaps(const TokenAttention& attention)
    : outputs(attention.projection.weight.size(0)),
      projection(attention.projection.linear_map()),
      to_out(attention.to_out.linear_map()) {}

TransformerBlockMaps::TransformerBlockMaps(const TransformerBlock& block)
    : attn1(block.attn1),
      attn2(block.attn2),
      ff_proj(block.ff.proj.linear_map()),
      ff_out(block.ff.out.linear_map()) {}

TransformerMaps::TransformerMaps(const Transformer& transformer)
    : proj_in(transformer.proj_in.linear_map()), proj_out(transformer.proj_out.linear_map()) {
  for (const TransformerBlock& block : transformer.blocks) blocks.emplace_back(block);
}

at::Tensor TokenAttentionDerivative::record(const TokenAttention& attention, const LayerNorm& norm,
                                            const at::Tensor& x, const at::Tensor& text,
                                            RecordedRows where, Execution execution) {
  const at::Tensor h = norm_.record(tokens_of(x), norm.weight, norm.bias, LayerNorm::kEps, where);
  const at::Tensor projected =
      tokens_of(recorded_conv(attention.projection, {picture_of(h, x)}, {}, execution));
  const int64_t channels = x.size(1);
  at::Tensor kv;
  if (attention.reads_text) {
    const at::Tensor picture = text.to(x.scalar_type()).transpose(1, 2).unsqueeze(3);
    kv = tokens_of(recorded_conv(*attention.to_kv, {picture}, {}, execution));
  } else {
    kv = projected.narrow(2, channels, 2 * channels);
  }
  const double head_dim = static_cast<double>(channels) / static_cast<double>(attention.heads);
  const at::Tensor o =
      softmax_.record(projected.narrow(2, 0, channels), kv.narrow(2, 0, channels),
                      kv.narrow(2, channels, channels), attention.heads, 1 / std::sqrt(head_dim),
                      /*keys_vary=*/!attention.reads_text, where);
  return recorded_conv(attention.to_out, {picture_of(o, x)}, x, execution);
}

at::Tensor TokenAttentionDerivative::jvp(const at::Tensor& dx, const Rows& rows) const {
  const at::Tensor h = picture_of(norm_.jvp(tokens_of(dx), rows), dx);
  const at::Tensor o = softmax_.jvp(tokens_of(maps_->projection.apply(h)), rows);
  return maps_->to_out.apply(picture_of(o, dx), dx);
}

at::Tensor TokenAttentionDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  const at::Tensor o = tokens_of(maps_->to_out.transpose(u));
  const at::Tensor h = maps_->projection.transpose(picture_of(softmax_.vjp(o, rows), u));
  return u + picture_of(norm_.vjp(tokens_of(h), rows), u);
}

at::Tensor TransformerBlockDerivative::record(const TransformerBlock& block, const at::Tensor& x,
                                              const at::Tensor& text, RecordedRows where,
                                              Execution execution) {
  at::Tensor h = attn1_.record(block.attn1, block.norm1, x, text, where, execution);
  h = attn2_.record(block.attn2, block.norm2, h, text, where, execution);
  const at::Tensor normed =
      norm3_.record(tokens_of(h), block.norm3.weight, block.norm3.bias, LayerNorm::kEps, where);
  const at::Tensor both = recorded_conv(block.ff.proj, {picture_of(normed, x)}, {}, execution);
  const at::Tensor gated = geglu_.record(tokens_of(both), where);
  return recorded_conv(block.ff.out, {picture_of(gated, x)}, h, execution);
}

at::Tensor TransformerBlockDerivative::jvp(const at::Tensor& dx, const Rows& rows) const {
  const at::Tensor h = attn2_.jvp(attn1_.jvp(dx, rows), rows);
  const at::Tensor both = maps_->ff_proj.apply(picture_of(norm3_.jvp(tokens_of(h), rows), dx));
  return maps_->ff_out.apply(picture_of(geglu_.jvp(tokens_of(both), rows), dx), h);
}

at::Tensor TransformerBlockDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  const at::Tensor gated = tokens_of(maps_->ff_out.transpose(u));
  const at::Tensor both = maps_->ff_proj.transpose(picture_of(geglu_.vjp(gated, rows), u));
  const at::Tensor h = u + picture_of(norm3_.vjp(tokens_of(both), rows), u);
  return attn1_.vjp(attn2_.vjp(h, rows), rows);
}

TransformerDerivative::TransformerDerivative(const TransformerMaps& maps) : maps_(&maps) {
  for (const TransformerBlockMaps& block : maps.blocks) blocks_.emplace_back(block);
}

at::Tensor TransformerDerivative::record(const Transformer& transformer, const at::Tensor& x,
                                         const at::Tensor& text, RecordedRows where,
                                         Execution execution) {
  at::Tensor h =
      norm_.record(x, transformer.norm.parameters, {}, Activation::kNone, x.size(1), where);
  h = recorded_conv(transformer.proj_in, {h}, {}, execution);
  for (size_t i = 0; i < blocks_.size(); ++i)
    h = blocks_[i].record(transformer.blocks[i], h, text, where, execution);
  return recorded_conv(transformer.proj_out, {h}, x, execution);
}

at::Tensor TransformerDerivative::jvp(const at::Tensor& dx, const Rows& rows) const {
  at::Tensor h = maps_->proj_in.apply(norm_.jvp(dx, rows));
  for (const TransformerBlockDerivative& block : blocks_) h = block.jvp(h, rows);
  return maps_->proj_out.apply(h, dx);
}

at::Tensor TransformerDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  at::Tensor h = maps_->proj_out.transpose(u);
  for (size_t i = blocks_.size(); i-- > 0;) h = blocks_[i].vjp(h, rows);
  return norm_.vjp(maps_->proj_in.transpose(h), rows, u);
}

int64_t TransformerDerivative::bytes() const {
  int64_t bytes = norm_.bytes();
  for (const TransformerBlockDerivative& block : blocks_) bytes += block.bytes();
  return bytes;
}

}  // namespace hspace
