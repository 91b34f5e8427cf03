#include "hspace/bottleneck.h"

namespace hspace {
namespace {

template <typename Function>
Bottleneck transform(const Bottleneck& bottleneck, Function row_view) {
  // What holds for all rows alike stays as it is.
  const auto shared = [&](const at::Tensor& t) { return t.size(0) == 1 ? t : row_view(t); };
  Bottleneck out{bottleneck.point,        row_view(bottleneck.h),      {}, {},
                 shared(bottleneck.time), shared(bottleneck.timestep), {}};
  if (bottleneck.text.defined()) out.text = shared(bottleneck.text);
  if (bottleneck.residual.defined()) out.residual = row_view(bottleneck.residual);
  for (const at::Tensor& skip : bottleneck.skips) out.skips.push_back(row_view(skip));
  return out;
}

}  // namespace

Bottleneck Bottleneck::rows(int64_t first, int64_t count) const {
  return transform(*this, [&](const at::Tensor& t) { return t.narrow(0, first, count); });
}

Bottleneck Bottleneck::expand(int64_t count) const {
  return transform(*this, [&](const at::Tensor& t) {
    std::vector<int64_t> shape = t.sizes().vec();
    shape[0] = count;
    return t.expand(shape);
  });
}

}  // namespace hspace
