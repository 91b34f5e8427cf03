#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/rows.h"

namespace hspace {

// The derivative of o = P v, P = softmax(scale q k^T), at B recorded rows of N queries and M keys,
// in `heads` heads of d channels, with respect to q, k and v, or to q alone:
//   dS = scale (dq k^T + q dk^T),  dP = P o (dS - rowsum(P o dS)),  do = dP v + P dv.
// Channels are ordered (head, d).
//
// Probabilities are kept where they are few. Else they are made again from q and k, a block of
// queries at a time, so that memory grows with N + M, not with N M.
class SoftmaxAttentionDerivative {
 public:
  // Bytes of one row's probabilities up to which they are kept.
  static constexpr int64_t kKeptBytes = int64_t{16} << 20;

  // Records the derivative at q (b, N, heads * d), k and v (b, M, heads * d), and returns o (b, N,
  // heads * d). Where keys do not vary, k and v may also be one row (1, M, heads * d) for all.
  at::Tensor record(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int64_t heads,
                    double scale, bool keys_vary, RecordedRows where);

  // [dq, dk, dv] (n, N, 3 * heads * d), or dq (n, N, heads * d) -> do (n, N, heads * d)
  at::Tensor jvp(const at::Tensor& tangents, const Rows& rows) const;

  // u (n, N, heads * d) -> cotangents of [q, k, v] or of q, in the shape of jvp's tangents
  at::Tensor vjp(const at::Tensor& u, const Rows& rows) const;

  int64_t bytes() const;

 private:
  struct Head;

  // Calls body(head, i, h) for tangent i and head h on the CPU, body(heads, -1, -1) once elsewhere.
  template <typename Body>
  void for_each_head(const Rows& rows, Body body) const;

  at::Tensor q_;              // (B, heads, N, d)
  at::Tensor k_, v_;          // (B or 1, heads, M, d)
  at::Tensor probabilities_;  // P (B, heads, N, M); undefined where it is made again
  double scale_ = 1;
  bool keys_vary_ = true;
};

}  // namespace hspace
