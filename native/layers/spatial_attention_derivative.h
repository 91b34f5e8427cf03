#pragma once

#include <variant>

#include "layers/attention_derivative.h"
#include "layers/spatial_attention.h"
#include "layers/transformer_derivative.h"

namespace hspace {

// The linear maps of a SpatialAttention.
using SpatialAttentionMaps = std::variant<AttentionMaps, TransformerMaps>;

SpatialAttentionMaps maps_of(const SpatialAttention& attention);

// The derivative of a SpatialAttention.
class SpatialAttentionDerivative {
 public:
  // `maps` must outlive the derivative.
  explicit SpatialAttentionDerivative(const SpatialAttentionMaps& maps);

  // x (b, C, H, W) channels-last, text (1 or b, tokens, D) -> (b, C, H, W)
  at::Tensor record(const SpatialAttention& attention, const at::Tensor& x, const at::Tensor& text,
                    RecordedRows where, Execution execution);
  // dx (n, C, H, W) -> (n, C, H, W)
  at::Tensor jvp(const at::Tensor& dx, const Rows& rows) const;
  // u (n, C, H, W) -> (n, C, H, W)
  at::Tensor vjp(const at::Tensor& u, const Rows& rows) const;
  int64_t bytes() const;

 private:
  std::variant<AttentionDerivative, TransformerDerivative> derivative_;
};

}  // namespace hspace
