#include "layers/spatial_attention_derivative.h"

namespace hspace {
namespace {

using Derivative = std::variant<AttentionDerivative, TransformerDerivative>;

Derivative derivative_of(const AttentionMaps& maps) { return AttentionDerivative(maps); }
Derivative derivative_of(const TransformerMaps& maps) { return TransformerDerivative(maps); }

}  // namespace

SpatialAttentionMaps maps_of(const SpatialAttention& attention) {
  if (const auto* transformer = std::get_if<Transformer>(&attention))
    return TransformerMaps(*transformer);
  return AttentionMaps(std::get<Attention>(attention));
}

SpatialAttentionDerivative::SpatialAttentionDerivative(const SpatialAttentionMaps& maps)
    : derivative_(std::visit([](const auto& own) { return derivative_of(own); }, maps)) {}

at::Tensor SpatialAttentionDerivative::record(const SpatialAttention& attention,
                                              const at::Tensor& x, const at::Tensor& text,
                                              RecordedRows where, Execution execution) {
  if (auto* transformer = std::get_if<TransformerDerivative>(&derivative_))
    return transformer->record(std::get<Transformer>(attention), x, text, where, execution);
  return std::get<AttentionDerivative>(derivative_)
      .record(std::get<Attention>(attention), x, where, execution);
}

at::Tensor SpatialAttentionDerivative::jvp(const at::Tensor& dx, const Rows& rows) const {
  return std::visit([&](const auto& derivative) { return derivative.jvp(dx, rows); }, derivative_);
}

at::Tensor SpatialAttentionDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  return std::visit([&](const auto& derivative) { return derivative.vjp(u, rows); }, derivative_);
}

int64_t SpatialAttentionDerivative::bytes() const {
  return std::visit([](const auto& derivative) { return derivative.bytes(); }, derivative_);
}

}  // namespace hspace
