#include "kernels/softmax_attention_derivative.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "kernels/expect.h"

namespace hspace {

namespace {

// Bytes of a block of scores: two or three of them stay in the second cache.
constexpr int64_t kBlockBytes = int64_t{1} << 20;
// The same where the cores of a GPU share one block.
constexpr int64_t kSharedBlockBytes = int64_t{64} << 20;

at::Tensor transposed(const at::Tensor& t) { return t.transpose(-2, -1); }

// sum += factor * a b
void multiply_add(at::Tensor sum, const at::Tensor& a, const at::Tensor& b, double factor = 1) {
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

at::Tensor probabilities(const at::Tensor& q, const at::Tensor& k, double scale) {
  return at::softmax(at::matmul(q, transposed(k)).mul_(scale), -1);
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

// One head of one row, or a batch of them: q (N, d) or (b, N, d), k and v (M, d) or (b, M, d), P
// (N, M) or (b, N, M), or undefined.
struct SoftmaxAttentionDerivative::Head {
  at::Tensor q, k, v, p;

  // Calls body(block of P, first query, number of queries) for all queries.
  template <typename Body>
  void for_each_block(double scale, Body body) const {
    const int64_t queries = q.size(-2);
    if (p.defined()) return body(p, 0, queries);
    const int64_t row = k.size(-2) * q.element_size() * (q.dim() == 3 ? q.size(0) : 1);
    const int64_t some = std::max<int64_t>(1, (q.is_cpu() ? kBlockBytes : kSharedBlockBytes) / row);
    for (int64_t first = 0; first < queries; first += some) {
      const int64_t count = std::min(some, queries - first);
      body(probabilities(q.narrow(-2, first, count), k, scale), first, count);
    }
  }

  // out = do; dk and dv undefined where keys do not vary
  void jvp(double scale, const at::Tensor& dq, const at::Tensor& dk, const at::Tensor& dv,
           at::Tensor out) const {
    for_each_block(scale, [&](const at::Tensor& block, int64_t first, int64_t count) {
      at::Tensor ds = at::matmul(dq.narrow(-2, first, count), transposed(k));
      if (dk.defined()) multiply_add(ds, q.narrow(-2, first, count), transposed(dk));
      at::Tensor sum = at::matmul(softmax_derivative(block, ds), v).mul_(scale);
      if (dv.defined()) multiply_add(sum, block, dv);
      out.narrow(-2, first, count).copy_(sum);
    });
  }

  // dq, and dk and dv where these are defined: zeros on entry
  void vjp(double scale, const at::Tensor& u, at::Tensor dq, at::Tensor dk, at::Tensor dv) const {
    for_each_block(scale, [&](const at::Tensor& block, int64_t first, int64_t count) {
      const at::Tensor some = u.narrow(-2, first, count);
      const at::Tensor ds = softmax_derivative(block, at::matmul(some, transposed(v))).mul_(scale);
      dq.narrow(-2, first, count).copy_(at::matmul(ds, k));
      if (!dk.defined()) return;
      multiply_add(dk, transposed(ds), q.narrow(-2, first, count));
      multiply_add(dv, transposed(block), some);
    });
  }
};

at::Tensor SoftmaxAttentionDerivative::record(const at::Tensor& q, const at::Tensor& k,
                                              const at::Tensor& v, int64_t heads, double scale,
                                              bool keys_vary, RecordedRows where) {
  const int64_t b = q.size(0), queries = q.size(1), keys = k.size(1);
  const auto split = [&](const at::Tensor& t) {
    return t.reshape({t.size(0), t.size(1), heads, -1}).transpose(1, 2);
  };
  const at::Tensor split_q = split(q), split_k = split(k), split_v = split(v);
  if (!q_.defined()) {
    scale_ = scale;
    keys_vary_ = keys_vary;
    const int64_t d = split_q.size(3), key_rows = k.size(0) == b ? where.total : 1;
    q_ = at::empty({where.total, heads, queries, d}, q.options());
    k_ = at::empty({key_rows, heads, keys, d}, q.options());
    v_ = at::empty({key_rows, heads, keys, d}, q.options());
    if (heads * queries * keys * q.element_size() <= kKeptBytes)
      probabilities_ = at::empty({where.total, heads, queries, keys}, q.options());
  }
  const auto store = [&](at::Tensor& all, const at::Tensor& here) {
    at::Tensor part = all.size(0) == where.total ? all.narrow(0, where.first, b) : all;
    part.copy_(here);
    return part;
  };
  const at::Tensor own_q = store(q_, split_q), own_k = store(k_, split_k),
                   own_v = store(v_, split_v);
  at::Tensor p;
  if (probabilities_.defined()) {
    p = probabilities_.narrow(0, where.first, b);
    p.copy_(probabilities(own_q, own_k, scale));
    return at::matmul(p, own_v).transpose(1, 2).reshape({b, queries, -1});
  }
  at::Tensor out = at::empty({b, heads, queries, split_q.size(3)}, q.options());
  for (int64_t row = 0; row < b; ++row) {
    const int64_t key_row = own_k.size(0) == 1 ? 0 : row;
    Head{own_q[row], own_k[key_row], own_v[key_row], {}}.for_each_block(
        scale, [&](const at::Tensor& block, int64_t first, int64_t count) {
          out[row].narrow(1, first, count).copy_(at::matmul(block, own_v[key_row]));
        });
  }
  return out.transpose(1, 2).reshape({b, queries, -1});
}

int64_t SoftmaxAttentionDerivative::bytes() const {
  int64_t bytes = 0;
  for (const at::Tensor* t : {&q_, &k_, &v_, &probabilities_})
    if (t->defined()) bytes += static_cast<int64_t>(t->nbytes());
  return bytes;
}

// On the CPU every (tangent, head) is a task of small products that reads its row where it lies;
// elsewhere the rows are gathered for one batched product.
template <typename Body>
void SoftmaxAttentionDerivative::for_each_head(const Rows& rows, Body body) const {
  const int64_t heads = q_.size(1);
  if (!q_.is_cpu()) {
    const auto gather = [&](const at::Tensor& t) {
      if (!t.defined()) return t;
      const bool shared = t.size(0) == 1;
      return (shared ? t.expand({rows.size(), -1, -1, -1}) : t.index_select(0, rows.device))
          .flatten(0, 1);
    };
    body(Head{gather(q_), gather(k_), gather(v_), gather(probabilities_)}, -1, -1);
    return;
  }
  expect_rows("derivative of attention", rows, rows.size(), q_.size(0));
  at::parallel_for(0, rows.size() * heads, 1, [&](int64_t begin, int64_t end) {
    const at::AutoDispatchBelowADInplaceOrView no_autograd;
    for (int64_t task = begin; task < end; task++) {
      const int64_t row = rows[task / heads];
      const int64_t h = task % heads;
      const auto pick = [&](const at::Tensor& t) {
        return t.defined() ? t.select(0, t.size(0) == 1 ? 0 : row).select(0, h) : t;
      };
      body(Head{pick(q_), pick(k_), pick(v_), pick(probabilities_)}, task / heads, h);
    }
  });
}

at::Tensor SoftmaxAttentionDerivative::jvp(const at::Tensor& tangents, const Rows& rows) const {
  const int64_t heads = q_.size(1), parts = keys_vary_ ? 3 : 1;
  const at::Tensor d = tangents.contiguous();
  at::Tensor out = at::empty({d.size(0), d.size(1), d.size(2) / parts}, d.options());
  for_each_head(rows, [&](const Head& head, int64_t i, int64_t h) {
    const auto part = [&](int64_t p) {
      return p < parts ? batched(view_head(d, parts, p, heads, i, h)) : at::Tensor();
    };
    at::Tensor target = view_head(out, 1, 0, heads, i, h);
    if (target.dim() == 2) {
      head.jvp(scale_, part(0), part(1), part(2), target);
    } else {
      at::Tensor whole = at::empty(part(0).sizes(), out.options());
      head.jvp(scale_, part(0), part(1), part(2), whole);
      target.copy_(whole.view(target.sizes()));
    }
  });
  return out;
}

at::Tensor SoftmaxAttentionDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  const int64_t heads = q_.size(1), parts = keys_vary_ ? 3 : 1;
  const at::Tensor cotangents = u.contiguous();
  at::Tensor out = at::empty({u.size(0), u.size(1), u.size(2) * parts}, u.options());
  for_each_head(rows, [&](const Head& head, int64_t i, int64_t h) {
    const at::Tensor some = batched(view_head(cotangents, 1, 0, heads, i, h));
    at::Tensor results[3];
    for (int64_t p = 0; p < parts; ++p)
      results[p] = at::zeros_like(some, at::MemoryFormat::Contiguous);
    head.vjp(scale_, some, results[0], results[1], results[2]);
    for (int64_t p = 0; p < parts; ++p) {
      at::Tensor target = view_head(out, parts, p, heads, i, h);
      target.copy_(results[p].view(target.sizes()));
    }
  });
  return out;
}

}  // namespace hspace
