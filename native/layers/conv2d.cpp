#include "layers/conv2d.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>

#include <numeric>
#include <utility>

namespace hspace {

Conv2d::Conv2d(StoredWeight weight, at::Tensor bias, Geometry geometry, std::vector<int64_t> parts,
               bool fast)
    : weight(std::move(weight)),
      bias(std::move(bias)),
      geometry(geometry),
      parts(std::move(parts)),
      fast_(fast) {
  if (!fast) return;
  int64_t first = 0;
  for (const int64_t channels : this->parts) {
    packed_.emplace_back(this->weight.narrow(1, first, channels),
                         first == 0 ? this->bias : at::Tensor(), geometry.stride, geometry.padding);
    first += channels;
  }
}

Conv2d Conv2d::load(WeightMap& weights, const std::string& key, std::vector<int64_t> parts,
                    int64_t out_channels, Geometry geometry, const Placement& placement,
                    bool wide) {
  const int64_t in_channels = std::accumulate(parts.begin(), parts.end(), int64_t{0});
  const at::Tensor weight =
      weights.take(key + ".weight", {out_channels, in_channels, geometry.kernel, geometry.kernel});
  const at::Tensor bias = weights.take(key + ".bias", {out_channels});
  return Conv2d(wide ? placement.store_wide(weight) : placement.store(weight),
                wide ? placement.place_wide(bias) : placement.place(bias), geometry,
                std::move(parts), placement.fast());
}

Conv2d Conv2d::first_outputs(int64_t count) const {
  if (count == weight.size(0)) return *this;
  return {weight.narrow(0, 0, count), bias.narrow(0, 0, count), geometry, parts, fast_};
}

LinearConv Conv2d::linear_map(double factor) const {
  return LinearConv::same(weight, factor, packed_.size() == 1 ? &packed_[0] : nullptr);
}

at::Tensor Conv2d::forward(const std::vector<at::Tensor>& parts, Execution execution,
                           const at::Tensor& residual) const {
  if (execution == Execution::kReference) {
    const at::Tensor x = parts.size() == 1 ? parts[0] : at::cat(parts, 1);
    const at::Tensor y = at::conv2d(x, weight.get(), bias, geometry.stride, geometry.padding);
    return residual.defined() ? y + residual : y;
  }
  at::Tensor y =
      residual.defined() ? packed_[0].plus(parts[0], residual) : packed_[0].apply(parts[0]);
  for (size_t i = 1; i < parts.size(); ++i) packed_[i].accumulate(parts[i], y);
  return y;
}

}  // namespace hspace
