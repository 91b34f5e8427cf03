#pragma once

#include <optional>

#include "kernels/group_norm_silu_derivative.h"
#include "kernels/linear_conv.h"
#include "kernels/softmax_attention_derivative.h"
#include "layers/attention.h"

namespace hspace {

// The linear layers of an Attention as linear maps, 1 / output_scale folded into the last.
struct AttentionMaps {
  explicit AttentionMaps(const Attention& attention);

  LinearConv qkv;     // C -> 3 * heads * d
  LinearConv to_out;  // heads * d -> C
  double identity;    // 1 / output_scale
};

// The derivative of Attention::forward.
class AttentionDerivative {
 public:
  // `maps` must outlive the derivative.
  explicit AttentionDerivative(const AttentionMaps& maps) : maps_(&maps) {}

  // Attention::forward, recording what the derivative needs.
  // x (b, C, H, W) channels-last -> (b, C, H, W)
  at::Tensor record(const Attention& attention, const at::Tensor& x, RecordedRows where,
                    Execution execution);

  // dx (n, C, H, W) -> (n, C, H, W)
  at::Tensor jvp(const at::Tensor& dx, const Rows& rows) const;
  // u (n, C, H, W) -> (n, C, H, W)
  at::Tensor vjp(const at::Tensor& u, const Rows& rows) const;

  int64_t bytes() const { return (norm_ ? norm_->bytes() : 0) + softmax_.bytes(); }

 private:
  const AttentionMaps* maps_;
  std::optional<GroupNormSiluDerivative> norm_;  // absent when there is no normalisation
  SoftmaxAttentionDerivative softmax_;
};

}  // namespace hspace
