#include "networks/classifier/resnet.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/rsqrt.h>

namespace hspace {

namespace {

constexpr double kBatchNormEps = 1e-5;  // torchvision's and PyTorch's default

}  // namespace

FoldedConv::FoldedConv(WeightMap& weights, const std::string& conv, const std::string& norm,
                       int64_t in, int64_t out, int64_t kernel, int64_t stride, at::Device device)
    : stride_(stride), padding_(kernel / 2) {
  const auto take = [&](const std::string& key) {
    return weights.take(norm + "." + key, {out}).to(at::kDouble);  // (O)
  };
  const at::Tensor raw = weights.take(conv + ".weight", {out, in, kernel, kernel});
  weights.ignore(norm + ".num_batches_tracked");
  const at::Tensor scale = take("weight") * (take("running_var") + kBatchNormEps).rsqrt();  // (O)
  weight_ = (raw.to(at::kDouble) * scale.view({out, 1, 1, 1})).to(device, at::kFloat);
  bias_ = (take("bias") - take("running_mean") * scale).to(device, at::kFloat);
  if (device.is_cpu()) {
    packed_.emplace(weight_, bias_, stride_, padding_);
    weight_ = at::Tensor();
  }
}

at::Tensor FoldedConv::forward(const at::Tensor& x) const {
  if (packed_) return packed_->apply(x);
  return at::conv2d(x, weight_, bias_, stride_, padding_);
}

at::Tensor ResNetBlock::forward(const at::Tensor& x) const {
  at::Tensor y = convs.front().forward(x);
  for (size_t i = 1; i < convs.size(); ++i) y = convs[i].forward(y.relu_());
  return y.add_(shortcut ? shortcut->forward(x) : x).relu_();
}

ResNet::ResNet(const ResNetConfig& config, WeightMap& weights, at::Device device)
    : stem_(weights, "conv1", "bn1", 3, config.widths.at(0), config.stem_kernel, config.stem_stride,
            device),
      pool_(config.stem_pool) {
  int64_t in = config.widths.at(0);
  for (size_t stage = 0; stage < config.layers.size(); ++stage) {
    const int64_t width = config.widths.at(stage);
    const int64_t out = width * config.expansion();
    stages_.emplace_back();
    for (int64_t i = 0; i < config.layers[stage]; ++i) {
      const std::string key = "layer" + std::to_string(stage + 1) + "." + std::to_string(i);
      const int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      const auto conv = [&](const std::string& n, int64_t from, int64_t to, int64_t kernel,
                            int64_t step) {
        return FoldedConv(weights, key + ".conv" + n, key + ".bn" + n, from, to, kernel, step,
                          device);
      };
      ResNetBlock block;
      if (config.bottleneck) {  // the stride is in the 3x3 convolution, as in torchvision
        block.convs.push_back(conv("1", in, width, 1, 1));
        block.convs.push_back(conv("2", width, width, 3, stride));
        block.convs.push_back(conv("3", width, out, 1, 1));
      } else {
        block.convs.push_back(conv("1", in, out, 3, stride));
        block.convs.push_back(conv("2", out, out, 3, 1));
      }
      if (stride != 1 || in != out) {
        block.shortcut.emplace(weights, key + ".downsample.0", key + ".downsample.1", in, out, 1,
                               stride, device);
      }
      stages_.back().push_back(std::move(block));
      in = out;
    }
  }
}

at::Tensor ResNet::features(const at::Tensor& x) const {
  return stages(x).back().mean({2, 3});  // (B, features)
}

std::vector<at::Tensor> ResNet::stages(const at::Tensor& x) const {
  std::vector<at::Tensor> made;
  at::Tensor y = stem_.forward(x.contiguous(at::MemoryFormat::ChannelsLast)).relu_();
  if (pool_) y = at::max_pool2d(y, {3, 3}, {2, 2}, {1, 1});
  for (const auto& stage : stages_) {
    for (const ResNetBlock& block : stage) y = block.forward(y);
    made.push_back(y);
  }
  return made;
}

}  // namespace hspace
