#pragma once

#include <optional>
#include <string>
#include <vector>

#include "files/weight_map.h"
#include "kernels/prepacked_conv.h"

namespace hspace {

// What torchvision's ResNet is built from.
struct ResNetConfig {
  bool bottleneck = false;
  std::vector<int64_t> layers;
  std::vector<int64_t> widths;
  int64_t stem_kernel = 7;
  int64_t stem_stride = 2;
  bool stem_pool = true;

  int64_t expansion() const { return bottleneck ? 4 : 1; }
  int64_t features() const { return widths.back() * expansion(); }
};

// A convolution without bias and the batch normalisation behind it, folded into one convolution:
// in evaluation mode the normalisation is a fixed scale and shift of every channel.
class FoldedConv {
 public:
  // Takes "<conv>.weight" and "<norm>.{weight,bias,running_mean,running_var}".
  FoldedConv(WeightMap& weights, const std::string& conv, const std::string& norm, int64_t in,
             int64_t out, int64_t kernel, int64_t stride, at::Device device);

  // x (B, I, H, W) → (B, O, H', W')
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_;  // (O, I, k, k); undefined when packed
  at::Tensor bias_;    // (O)
  int64_t stride_;
  int64_t padding_;
  std::optional<PrepackedConv> packed_;  // on the CPU
};

// torchvision's BasicBlock or Bottleneck:  relu(convs(x) + shortcut(x))
struct ResNetBlock {
  std::vector<FoldedConv> convs;       // relu between them
  std::optional<FoldedConv> shortcut;  // "downsample"; absent: the input itself

  // x (B, I, H, W) → (B, O, H', W')
  at::Tensor forward(const at::Tensor& x) const;
};

// torchvision.models.resnet.ResNet without its last linear layer.
class ResNet {
 public:
  ResNet(const ResNetConfig& config, WeightMap& weights, at::Device device);

  // x (B, 3, H, W), normalised → (B, features) after global average pooling
  at::Tensor features(const at::Tensor& x) const;

  // x (B, 3, H, W), normalised → what each stage makes of it, (B, C_s, H_s, W_s)
  std::vector<at::Tensor> stages(const at::Tensor& x) const;

 private:
  FoldedConv stem_;
  bool pool_;
  std::vector<std::vector<ResNetBlock>> stages_;
};

}  // namespace hspace
