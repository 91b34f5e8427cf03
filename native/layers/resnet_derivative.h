#pragma once

#include <vector>

#include "kernels/group_norm_silu_derivative.h"
#include "kernels/linear_conv.h"
#include "layers/resnet.h"

namespace hspace {

// conv(parts) + residual in the precision of the parts, which is float32 for a bfloat16 model.
at::Tensor recorded_conv(const Conv2d& conv, const std::vector<at::Tensor>& parts,
                         const at::Tensor& residual, Execution execution);

// The convolutions of a ResnetBlock as linear maps. Of its input's parts only the first varies; the
// skip connection behind it drops out of the first convolution, as far as no normalisation group
// spans both, and out of the shortcut. 1 / output_scale is folded in.
struct ResnetMaps {
  explicit ResnetMaps(const ResnetBlock& block);

  LinearConv conv1;          // A -> C_out
  LinearConv conv2;          // C_out -> C_out
  LinearConv shortcut;       // C_t -> C_out; undefined for the identity
  int64_t tangent_channels;  // C_t
  int64_t out_channels;      // C_out
  double identity;           // 1 / output_scale
};

// The derivative of ResnetBlock::forward with respect to the first part of its input.
class ResnetDerivative {
 public:
  // Both must outlive the derivative.
  explicit ResnetDerivative(const ResnetMaps& maps) : maps_(&maps) {}

  // ResnetBlock::forward, recording what the derivative needs.
  // x: (b, C_i, H, W), channels-last -> (b, C_out, H, W)
  at::Tensor record(const ResnetBlock& block, const std::vector<at::Tensor>& x,
                    const at::Tensor& time, RecordedRows where, Execution execution);

  // dx (n, C_t, H, W) -> (n, C_out, H, W)
  at::Tensor jvp(const at::Tensor& dx, const Rows& rows) const;
  // u (n, C_out, H, W) -> (n, C_t, H, W)
  at::Tensor vjp(const at::Tensor& u, const Rows& rows) const;

  int64_t bytes() const { return norm1_.bytes() + norm2_.bytes(); }

 private:
  // The share of a shortcut that is the identity.
  at::Tensor identity(const at::Tensor& dx) const;
  // The transpose of the shortcut, whatever it is.
  at::Tensor residual_transpose(const at::Tensor& u) const;

  const ResnetMaps* maps_;
  GroupNormSiluDerivative norm1_, norm2_;
};

// The derivative of ResnetBlock::from_middle with respect to the activation in front of its SiLU.
class ResnetTailDerivative {
 public:
  explicit ResnetTailDerivative(const ResnetMaps& maps) : maps_(&maps) {}

  // h (b, C_out, H, W) in front of the SiLU; x: the block's input -> (b, C_out, H, W)
  at::Tensor record(const ResnetBlock& block, const at::Tensor& h, const std::vector<at::Tensor>& x,
                    RecordedRows where, Execution execution);

  // dh (n, C_out, H, W) -> (n, C_out, H, W)
  at::Tensor jvp(const at::Tensor& dh, const Rows& rows) const;
  at::Tensor vjp(const at::Tensor& u, const Rows& rows) const;

  int64_t bytes() const { return static_cast<int64_t>(slope_.nbytes()); }

 private:
  const ResnetMaps* maps_;
  at::Tensor slope_;  // SiLU'(h) (B, C_out, H, W)
};

}  // namespace hspace
