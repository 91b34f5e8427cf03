#include "layers/blocks.h"

#include <utility>

namespace hspace {

at::Tensor DownBlock::forward(at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                              std::vector<at::Tensor>& skips, Execution execution) const {
  for (size_t i = 0; i < resnets.size(); ++i) {
    x = resnets[i].forward({x}, time, execution);
    if (!attentions.empty()) x = hspace::forward(attentions[i], x, text, execution);
    skips.push_back(x);
  }
  if (downsampler) {
    x = downsampler->forward(x, execution);
    skips.push_back(x);
  }
  return x;
}

MidBlock::MidBlock(const LayerLoader& loader, const std::string& key, int64_t channels,
                   std::optional<SpatialAttention> attention, double output_scale)
    : resnet0(loader, key + ".resnets.0", {channels}, channels, output_scale),
      attention(std::move(attention)),
      resnet1(loader, key + ".resnets.1", {channels}, channels, output_scale) {}

at::Tensor MidBlock::front(const at::Tensor& x, const at::Tensor& time, const at::Tensor& text,
                           Execution execution) const {
  const at::Tensor h = resnet0.forward({x}, time, execution);
  return attention ? hspace::forward(*attention, h, text, execution) : h;
}

at::Tensor MidBlock::forward(const at::Tensor& x, const at::Tensor& time, const at::Tensor& text,
                             Execution execution) const {
  return resnet1.forward({front(x, time, text, execution)}, time, execution);
}

at::Tensor UpBlock::forward(at::Tensor x, const at::Tensor& time, const at::Tensor& text,
                            const std::vector<at::Tensor>& skips, size_t& remaining,
                            Execution execution) const {
  for (size_t i = 0; i < resnets.size(); ++i) {
    x = resnets[i].forward({x, skips[--remaining]}, time, execution);
    if (!attentions.empty()) x = hspace::forward(attentions[i], x, text, execution);
  }
  return upsampler ? upsampler->forward(x, execution) : x;
}

}  // namespace hspace
