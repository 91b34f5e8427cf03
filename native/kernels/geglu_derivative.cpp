#include "kernels/geglu_derivative.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/exp.h>

#include <cmath>

namespace hspace {

at::Tensor GegluDerivative::record(const at::Tensor& both, RecordedRows where) {
  if (!slopes_.defined())
    slopes_ = at::empty({where.total, both.size(1), both.size(2)}, both.options());
  const int64_t channels = both.size(2) / 2;
  const at::Tensor a = both.narrow(2, 0, channels), gate = both.narrow(2, channels, channels);
  const at::Tensor distribution = (1 + at::erf(gate * M_SQRT1_2)) * 0.5;
  const at::Tensor density = at::exp(gate * gate * -0.5) * (0.5 * M_SQRT1_2 * M_2_SQRTPI);
  const at::Tensor gelu = gate * distribution;
  at::Tensor here = slopes_.narrow(0, where.first, both.size(0));
  here.narrow(2, 0, channels).copy_(gelu);
  here.narrow(2, channels, channels).copy_(a * (distribution + gate * density));
  return a * gelu;
}

at::Tensor GegluDerivative::jvp(const at::Tensor& d, const Rows& rows) const {
  const at::Tensor products = rows.gather(slopes_) * d;
  const int64_t channels = d.size(2) / 2;
  return products.narrow(2, 0, channels) + products.narrow(2, channels, channels);
}

at::Tensor GegluDerivative::vjp(const at::Tensor& u, const Rows& rows) const {
  return (rows.gather(slopes_).unflatten(2, {2, u.size(2)}) * u.unsqueeze(2)).flatten(2, 3);
}

}  // namespace hspace
