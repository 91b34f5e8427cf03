#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "kernels/group_norm_silu.h"
#include "kernels/rows.h"

namespace hspace {

// The derivative of a = act(GroupNorm(x)), act being SiLU or the identity, at B recorded inputs.
//
// With y = gamma * xhat + beta, xhat = (x - mean) * rstd over each group,
//   da = act'(y) gamma rstd (dx - mean(dx) - xhat mean(xhat dx)) = S (I - Q) dx,
// where S = act'(y) gamma rstd is diagonal and Q a symmetric projection of rank two a group. Hence
//   dx = (I - Q) S u
// for a cotangent u. Where only the first C_t channels of x vary, the groups that they touch are
// kept, A channels: a skip's share of the group on the boundary varies through that group's
// statistics; groups of the skip alone do not.
class GroupNormSiluDerivative {
 public:
  // Records the derivative at x (b, C, H, W) channels-last, of which the first `tangent_channels`
  // vary, and returns a (b, C, H, W) channels-last. A modulation's shift_before counts as part of
  // x.
  at::Tensor record(const at::Tensor& x, const GroupNormParameters& norm,
                    const TimeModulation& modulation, Activation activation,
                    int64_t tangent_channels, RecordedRows where);

  // dx (n, C_t, H, W) channels-last -> da (n, A, H, W) channels-last
  at::Tensor jvp(const at::Tensor& dx, const Rows& rows) const;

  // u (n, A, H, W) channels-last -> dx (n, C_t, H, W) channels-last; `addend` (n, C_t, H, W)
  // channels-last, when defined, is added to it in the same pass.
  at::Tensor vjp(const at::Tensor& u, const Rows& rows, const at::Tensor& addend = {}) const;

  // C_t rounded up to whole groups of C / groups channels: A
  static int64_t active_channels(int64_t channels, int64_t groups, int64_t tangent_channels);

  int64_t bytes() const;

 private:
  template <typename T>
  void jvp_cpu(const at::Tensor& dx, const Rows& rows, at::Tensor& out) const;
  template <typename T>
  void vjp_cpu(const at::Tensor& u, const Rows& rows, const at::Tensor& addend,
               at::Tensor& out) const;

  at::Tensor normalized_;  // xhat (B, A, H, W), channels-last
  at::Tensor slope_;       // S (B, A, H, W), channels-last
  int64_t group_channels_ = 0;
  int64_t tangent_channels_ = 0;
};

}  // namespace hspace
