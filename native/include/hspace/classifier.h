#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// An attribute classifier: torchvision's ResNet, with one or several heads, always in evaluation
// mode. float32.
//
// A directory holds config.json and model.safetensors, with torchvision's key names. config.json:
//   architecture  "resnet"
//   block         "basic" (ResNet-18, 34) or "bottleneck" (50 and deeper)
//   layers        residual blocks of each stage, e.g. [2, 2, 2, 2]
//   widths        channels of each stage before the bottleneck's expansion, [64, 128, 256, 512]
//   stem          {"kernel": 7, "stride": 2, "maxpool": true}
//   input_size    height and width in pixels that pictures are resized to
//   mean, std     normalisation of R, G, B in [0, 1]
//   heads         list of {"name", "type", "outputs", "key"}; see below
// Heads with the same "key" (default "fc") share one linear layer, whose rows are theirs in order.
//   linear        out * "scale" + "offset"                     one output
//   sigmoid       σ(out), a probability                        one output
//   softmax_pair  softmax(out)["positive"] (default 1)         two outputs
//   bins          Σ softmax(out)_i i * "bin_width" + "offset"  any number, e.g. Hopenet's 66 angles
class Classifier {
 public:
  // Error when the configuration or the weights do not fit.
  Classifier(const std::string& directory, at::Device device);
  ~Classifier();
  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;

  // Names of the heads, in the order of the scores' columns.
  const std::vector<std::string>& labels() const;

  // images (B, 3, H, W) in [-1, 1], float32 → scores (B, labels), float32
  at::Tensor scores(const at::Tensor& images) const;

  // How far apart pictures look: at each stage, the features of every position brought to length
  // one, the squared length of their difference, averaged over positions; summed over stages. LPIPS
  // (Zhang et al. 2018) with all weights 1 on this network. Both (B, 3, H, W) in [-1, 1] → (B)
  at::Tensor distances(const at::Tensor& images, const at::Tensor& others) const;

  // The linear layers' outputs before the heads' functions: (B, all outputs), float32
  at::Tensor outputs(const at::Tensor& images) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace hspace
