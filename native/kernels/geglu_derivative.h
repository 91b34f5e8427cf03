#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/rows.h"

namespace hspace {

// The derivative of y = a gelu(gate) at B recorded rows: dy = gelu(gate) da + a gelu'(gate) dgate.
class GegluDerivative {
 public:
  // Records the derivative at [a, gate] (b, N, 2 C), and returns y (b, N, C).
  at::Tensor record(const at::Tensor& both, RecordedRows where);

  // [da, dgate] (n, N, 2 C) -> dy (n, N, C)
  at::Tensor jvp(const at::Tensor& d, const Rows& rows) const;
  // u (n, N, C) -> [da, dgate] (n, N, 2 C)
  at::Tensor vjp(const at::Tensor& u, const Rows& rows) const;

  int64_t bytes() const { return static_cast<int64_t>(slopes_.nbytes()); }

 private:
  at::Tensor slopes_;  // gelu(gate), then a gelu'(gate) (B, N, 2 C)
};

}  // namespace hspace
