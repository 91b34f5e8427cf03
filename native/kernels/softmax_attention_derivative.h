#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/rows.h"

namespace hspace {

// The derivative of o = P v, P = softmax(scale q k^T), with respect to q, k and v at B recorded
// rows, N tokens and `heads` heads of d channels:
//   dS = scale (dq k^T + q dk^T),  dP = P o (dS - rowsum(P o dS)),  do = dP v + P dv.
// Channels of q, k, v and o are ordered (head, d).
class SoftmaxAttentionDerivative {
 public:
  // Records the derivative at [q, k, v] (b, N, 3 * heads * d), and returns o (b, N, heads * d).
  at::Tensor record(const at::Tensor& qkv, int64_t heads, double scale, RecordedRows where);

  // [dq, dk, dv] (n, N, 3 * heads * d) contiguous -> do (n, N, heads * d)
  at::Tensor jvp(const at::Tensor& dqkv, const Rows& rows) const;

  // u (n, N, heads * d) contiguous -> cotangents of [q, k, v] (n, N, 3 * heads * d)
  at::Tensor vjp(const at::Tensor& u, const Rows& rows) const;

  int64_t bytes() const;

 private:
  // Calls body(head, i, h) for tangent i and head h on the CPU, body(heads, -1, -1) once elsewhere.
  template <typename Body>
  void for_each_head(const Rows& rows, Body body) const;

  at::Tensor qkv_;            // (3, B, heads, N, d)
  at::Tensor probabilities_;  // P (B, heads, N, N)
  double scale_ = 1;
};

}  // namespace hspace
