#include "kernels/layer_norm_derivative.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/native_layer_norm.h>

namespace hspace {

at::Tensor LayerNormDerivative::record(const at::Tensor& x, const at::Tensor& weight,
                                       const at::Tensor& bias, double eps, RecordedRows where) {
  if (!normalized_.defined()) {
    weight_ = weight.to(x.scalar_type());
    normalized_ = at::empty({where.total, x.size(1), x.size(2)}, x.options());
    rstd_ = at::empty({where.total, x.size(1), 1}, x.options());
  }
  const auto [y, mean, rstd] = at::native_layer_norm(x, {x.size(2)}, {}, {}, eps);
  at::Tensor here = normalized_.narrow(0, where.first, x.size(0));
  here.copy_(y);
  rstd_.narrow(0, where.first, x.size(0)).copy_(rstd);
  return here * weight_ + bias.to(x.scalar_type());
}

at::Tensor LayerNormDerivative::apply(const at::Tensor& d, const Rows& rows) const {
  const at::Tensor xhat = rows.gather(normalized_);
  const at::Tensor along = (xhat * d).mean(-1, /*keepdim=*/true);
  at::Tensor out = d - d.mean(-1, /*keepdim=*/true);
  return out.sub_(xhat * along).mul_(rows.gather(rstd_));
}

at::Tensor LayerNormDerivative::jvp(const at::Tensor& dx, const Rows& rows) const {
  return apply(dx, rows).mul_(weight_);
}

at::Tensor LayerNormDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  return apply(u * weight_, rows);
}

int64_t LayerNormDerivative::bytes() const {
  return static_cast<int64_t>(normalized_.nbytes() + rstd_.nbytes());
}

}  // namespace hspace
