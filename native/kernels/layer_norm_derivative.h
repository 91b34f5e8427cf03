#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/rows.h"

namespace hspace {

// The derivative of y = gamma xhat + beta, xhat = (x - mean) rstd over the channels of each
// position, at B recorded rows: dy = gamma A dx with the symmetric
//   A dx = rstd (dx - mean(dx) - xhat mean(xhat dx)).
class LayerNormDerivative {
 public:
  // Records the derivative at x (b, N, C), and returns y (b, N, C).
  at::Tensor record(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    double eps, RecordedRows where);

  // dx (n, N, C) -> dy (n, N, C)
  at::Tensor jvp(const at::Tensor& dx, const Rows& rows) const;
  // u (n, N, C) -> dx (n, N, C)
  at::Tensor vjp(const at::Tensor& u, const Rows& rows) const;

  int64_t bytes() const;

 private:
  at::Tensor apply(const at::Tensor& d, const Rows& rows) const;

  at::Tensor normalized_;  // xhat (B, N, C)
  at::Tensor rstd_;        // (B, N, 1)
  at::Tensor weight_;      // gamma (C), in the precision of the derivative
};

}  // namespace hspace
