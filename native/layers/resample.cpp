#include "layers/resample.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/upsample_nearest2d.h>

namespace hspace {

Downsample::Downsample(const LayerLoader& loader, const std::string& key, int64_t channels,
                       int64_t padding)
    : conv(Conv2d::load(loader.weights, key + ".conv", {channels}, channels, {3, 2, padding},
                        loader.placement)) {}

at::Tensor Downsample::forward(const at::Tensor& x, Execution execution) const {
  const at::Tensor padded = conv.geometry.padding == 0 ? at::constant_pad_nd(x, {0, 1, 0, 1}) : x;
  return conv.forward({padded}, execution);
}

Upsample::Upsample(const LayerLoader& loader, const std::string& key, int64_t channels)
    : conv(loader.placement.store(
               loader.weights.take(key + ".conv.weight", {channels, channels, 3, 3})),
           loader.placement.place(loader.weights.take(key + ".conv.bias", {channels})), {},
           {channels}, /*fast=*/false) {
  if (!loader.placement.fast()) return;
  // Summed in float32, then rounded once.
  const at::Tensor folded = folded_upsampling_weight(conv.weight.get().to(at::kFloat));
  folded_.emplace(folded.to(loader.placement.dtype), conv.bias);
}

at::Tensor Upsample::forward(const at::Tensor& x, Execution execution) const {
  if (execution == Execution::kFast) return folded_->apply(x);
  const at::Tensor doubled = at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
  return conv.forward({doubled}, execution);
}

}  // namespace hspace
