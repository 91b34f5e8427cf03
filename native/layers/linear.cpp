#include "layers/linear.h"

#include <ATen/ops/cat.h>

namespace hspace {

Conv2d load_linear(const LayerLoader& loader, const std::string& key, int64_t in, int64_t out,
                   bool bias) {
  return load_stacked_linear(loader, {{key}}, in, out, bias);
}

Conv2d load_stacked_linear(const LayerLoader& loader,
                           const std::vector<std::vector<std::string>>& stacked, int64_t in,
                           int64_t out_of_each, bool bias) {
  std::vector<at::Tensor> weights, biases;
  for (const std::vector<std::string>& names : stacked) {
    const auto take = [&](const std::string& parameter, const std::vector<int64_t>& shape) {
      std::vector<std::string> keys;
      for (const std::string& name : names) keys.push_back(name + "." + parameter);
      return loader.weights.take_any(keys, shape);
    };
    weights.push_back(take("weight", {out_of_each, in}).view({out_of_each, in, 1, 1}));
    if (bias) biases.push_back(loader.placement.place(take("bias", {out_of_each})));
  }
  const auto together = [](const std::vector<at::Tensor>& parts) {
    return parts.empty() ? at::Tensor() : parts.size() == 1 ? parts[0] : at::cat(parts);
  };
  return Conv2d(loader.placement.store(together(weights)), together(biases), {1, 1, 0}, {in},
                loader.placement.fast());
}

}  // namespace hspace
