#include "layers/layer_norm.h"

#include <ATen/ops/layer_norm.h>

namespace hspace {

LayerNorm LayerNorm::load(const LayerLoader& loader, const std::string& key, int64_t channels) {
  return {loader.placement.place_wide(loader.weights.take(key + ".weight", {channels})),
          loader.placement.place_wide(loader.weights.take(key + ".bias", {channels}))};
}

at::Tensor LayerNorm::forward(const at::Tensor& x, Execution execution) const {
  // ATen's CPU kernel takes wide parameters beside a bfloat16 input; others do not.
  const bool mixed = execution == Execution::kFast;
  const at::Tensor w = mixed ? weight : weight.to(x.scalar_type());
  const at::Tensor b = mixed ? bias : bias.to(x.scalar_type());
  return at::layer_norm(x.permute({0, 2, 3, 1}), {x.size(1)}, w, b, kEps).permute({0, 3, 1, 2});
}

}  // namespace hspace
