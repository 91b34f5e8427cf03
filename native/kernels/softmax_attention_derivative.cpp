#include "kernels/softmax_attention_derivative.h"

#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>

#include "kernels/expect.h"

namespace hspace {

namespace {

// q, k, v, P of one head of one row, or of a batch of them: (N, d) or (b, N, d).
struct Head {
  at::Tensor q, k, v, p;
};

at::Tensor transposed(const at::Tensor& t) { return t.transpose(-2, -1); }

// sum += factor * a b
void multiply_add(at::Tensor& sum, const at::Tensor& a, const at::Tensor& b, double factor = 1) {
  if (sum.dim() == 2) {
    sum.addmm_(a, b, 1, factor);
  } else {
    sum.baddbmm_(a, b, 1, factor);
  }
}

// P o (s - rowsum(P o s)): softmax's derivative, which is symmetric.
at::Tensor softmax_derivative(const at::Tensor& p, const at::Tensor& s) {
  return at::_softmax_backward_data(s, p, -1, p.scalar_type());
}

at::Tensor head_jvp(const Head& at, double scale, const at::Tensor& dq, const at::Tensor& dk,
                    const at::Tensor& dv) {
  at::Tensor ds = at::matmul(dq, transposed(at.k));
  multiply_add(ds, at.q, transposed(dk));
  at::Tensor out = at::matmul(at.p, dv);
  multiply_add(out, softmax_derivative(at.p, ds), at.v, scale);
  return out;
}

// The cotangents of q, k and v.
Head head_vjp(const Head& at, double scale, const at::Tensor& u) {
  const at::Tensor ds = softmax_derivative(at.p, at::matmul(u, transposed(at.v))).mul_(scale);
  return {
      at::matmul(ds, at.k), at::matmul(transposed(ds), at.q), at::matmul(transposed(at.p), u), {}};
}

// Views a (n, N, parts * heads * d) tensor as part `part` of head h of tangent i (N, d), or, for
// i < 0, of all of them (n * heads, N, d).
at::Tensor view_head(const at::Tensor& t, int64_t parts, int64_t part, int64_t heads, int64_t i,
                     int64_t h) {
  const at::Tensor split = t.view({t.size(0), t.size(1), parts, heads, -1}).select(2, part);
  return i >= 0 ? split.select(0, i).select(1, h) : split.transpose(1, 2);
}

at::Tensor batched(const at::Tensor& t) { return t.dim() == 4 ? t.flatten(0, 1) : t; }

}  // namespace

at::Tensor SoftmaxAttentionDerivative::record(const at::Tensor& qkv, int64_t heads, double scale,
                                              RecordedRows where) {
  const int64_t b = qkv.size(0), tokens = qkv.size(1);
  const at::Tensor split =
      qkv.view({b, tokens, 3, heads, -1}).permute({2, 0, 3, 1, 4});  // (3, b, heads, N, d)
  if (!qkv_.defined()) {
    scale_ = scale;
    qkv_ = at::empty({3, where.total, heads, tokens, split.size(4)}, qkv.options());
    probabilities_ = at::empty({where.total, heads, tokens, tokens}, qkv.options());
  }
  at::Tensor here = qkv_.narrow(1, where.first, b);
  here.copy_(split);
  at::Tensor p = probabilities_.narrow(0, where.first, b);
  p.copy_(at::softmax(at::matmul(here[0], transposed(here[1])).mul_(scale), -1));
  return at::matmul(p, here[2]).transpose(1, 2).reshape({b, tokens, -1});
}

int64_t SoftmaxAttentionDerivative::bytes() const {
  return static_cast<int64_t>(qkv_.nbytes() + probabilities_.nbytes());
}

// On the CPU every (tangent, head) is a task of small products that reads its row where it lies;
// elsewhere the rows are gathered for one batched product.
template <typename Body>
void SoftmaxAttentionDerivative::for_each_head(const Rows& rows, Body body) const {
  const int64_t heads = qkv_.size(2);
  if (!qkv_.is_cpu()) {
    const auto gather = [&](const at::Tensor& t) {
      return t.index_select(0, rows.device).flatten(0, 1);
    };
    body(Head{gather(qkv_[0]), gather(qkv_[1]), gather(qkv_[2]), gather(probabilities_)}, -1, -1);
    return;
  }
  expect_rows("derivative of attention", rows, rows.size(), qkv_.size(1));
  at::parallel_for(0, rows.size() * heads, 1, [&](int64_t begin, int64_t end) {
    const at::AutoDispatchBelowADInplaceOrView no_autograd;
    for (int64_t task = begin; task < end; task++) {
      const int64_t row = rows[task / heads];
      const int64_t h = task % heads;
      const auto pick = [&](const at::Tensor& t) { return t.select(0, row).select(0, h); };
      body(Head{pick(qkv_[0]), pick(qkv_[1]), pick(qkv_[2]), pick(probabilities_)}, task / heads,
           h);
    }
  });
}

at::Tensor SoftmaxAttentionDerivative::jvp(const at::Tensor& dqkv, const Rows& rows) const {
  const int64_t heads = qkv_.size(2);
  at::Tensor out = at::empty({dqkv.size(0), dqkv.size(1), dqkv.size(2) / 3}, dqkv.options());
  for_each_head(rows, [&](const Head& head, int64_t i, int64_t h) {
    const auto part = [&](int64_t p) { return batched(view_head(dqkv, 3, p, heads, i, h)); };
    at::Tensor target = view_head(out, 1, 0, heads, i, h);
    target.copy_(head_jvp(head, scale_, part(0), part(1), part(2)).view(target.sizes()));
  });
  return out;
}

at::Tensor SoftmaxAttentionDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  const int64_t heads = qkv_.size(2);
  at::Tensor out = at::empty({u.size(0), u.size(1), u.size(2) * 3}, u.options());
  for_each_head(rows, [&](const Head& head, int64_t i, int64_t h) {
    const Head d = head_vjp(head, scale_, batched(view_head(u, 1, 0, heads, i, h)));
    const at::Tensor* results[] = {&d.q, &d.k, &d.v};
    for (int64_t p = 0; p < 3; p++) {
      at::Tensor target = view_head(out, 3, p, heads, i, h);
      target.copy_(results[p]->view(target.sizes()));
    }
  });
  return out;
}

}  // namespace hspace
