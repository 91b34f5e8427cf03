#include "layers/resnet.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <numeric>
#include <utility>

namespace hspace {
namespace {

int64_t sum(const std::vector<int64_t>& values) {
  return std::accumulate(values.begin(), values.end(), int64_t{0});
}

GroupNorm load_norm(const LayerLoader& loader, const std::string& key, int64_t channels) {
  return GroupNorm::load(loader.weights, key, channels, loader.norm_groups, loader.norm_eps,
                         loader.placement);
}

}  // namespace

ResnetBlock::ResnetBlock(const LayerLoader& loader, const std::string& key,
                         std::vector<int64_t> parts, int64_t out_channels, double output_scale)
    : norm1(load_norm(loader, key + ".norm1", sum(parts))),
      // norm1 writes its parts into one tensor, so conv1 has a single input.
      conv1(Conv2d::load(loader.weights, key + ".conv1", {sum(parts)}, out_channels, {},
                         loader.placement)),
      norm2(load_norm(loader, key + ".norm2", out_channels)),
      conv2(Conv2d::load(loader.weights, key + ".conv2", {out_channels}, out_channels, {},
                         loader.placement)),
      output_scale(output_scale),
      parts(parts),
      out_channels_(out_channels) {
  if (loader.time) {
    time_scale_shift_ = loader.time->scale_shift;
    const int64_t width =
        time_scale_shift_ == TimeScaleShift::kScaleShift ? 2 * out_channels : out_channels;
    time_column_ = loader.time->projections.add(loader.weights, key + ".time_emb_proj",
                                                loader.time->width, width);
  }
  if (sum(parts) != out_channels) {
    conv_shortcut = Conv2d::load(loader.weights, key + ".conv_shortcut", std::move(parts),
                                 out_channels, {1, 1, 0}, loader.placement);
  }
}

TimeModulation ResnetBlock::modulation(const at::Tensor& time) const {
  TimeModulation modulation;
  if (!time_scale_shift_) return modulation;
  if (time_scale_shift_ == TimeScaleShift::kScaleShift) {
    modulation.scale_after = time.narrow(1, time_column_, out_channels_);
    modulation.shift_after = time.narrow(1, time_column_ + out_channels_, out_channels_);
  } else {
    modulation.shift_before = time.narrow(1, time_column_, out_channels_);
  }
  return modulation;
}

at::Tensor ResnetBlock::to_middle(const std::vector<at::Tensor>& x, const at::Tensor& time,
                                  Activation activation, Execution execution) const {
  const at::ScalarType dtype = x[0].scalar_type();
  at::Tensor h = norm1.forward(x, {}, Activation::kSilu, dtype, execution);
  h = conv1.forward({h}, execution);
  return norm2.forward({h}, modulation(time), activation, dtype, execution);
}

at::Tensor ResnetBlock::from_middle(const at::Tensor& h, const std::vector<at::Tensor>& x,
                                    Execution execution) const {
  at::Tensor residual;
  if (conv_shortcut) {
    residual = conv_shortcut->forward(x, execution);
  } else {
    residual = x.size() == 1 ? x[0] : at::cat(x, 1);
  }
  const at::Tensor y = conv2.forward({h}, execution, residual);
  return output_scale == 1 ? y : y / output_scale;
}

at::Tensor ResnetBlock::forward(const std::vector<at::Tensor>& x, const at::Tensor& time,
                                Execution execution) const {
  return from_middle(to_middle(x, time, Activation::kSilu, execution), x, execution);
}

}  // namespace hspace
