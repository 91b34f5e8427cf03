#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layers/conv2d.h"
#include "layers/group_norm.h"
#include "layers/layer_loader.h"

namespace hspace {

// diffusers' ResnetBlock2D (pre-norm):
//   x → norm1 → SiLU → conv1 → (time) norm2 (time) → SiLU → conv2 → (+ shortcut(x)) / output_scale
// In networks that know no time, `time` is undefined.
class ResnetBlock {
 public:
  // parts: the channels of the input, or of its pieces along the channels.
  ResnetBlock(const LayerLoader& loader, const std::string& key, std::vector<int64_t> parts,
              int64_t out_channels, double output_scale = 1);

  // x: the input (B, C_i, H, W), whole or in parts; time (1 or B, columns of TimeProjections)
  //   → (B, C_out, H, W)
  at::Tensor forward(const std::vector<at::Tensor>& x, const at::Tensor& time,
                     Execution execution) const;

  // The same in two halves. The seam, after norm2 and its modulation, is the "middle" of h-space.
  at::Tensor to_middle(const std::vector<at::Tensor>& x, const at::Tensor& time,
                       Activation activation, Execution execution) const;
  // h: the activation past its SiLU (B, C_out, H, W)
  at::Tensor from_middle(const at::Tensor& h, const std::vector<at::Tensor>& x,
                         Execution execution) const;

  // This block's share of the time projections.
  TimeModulation modulation(const at::Tensor& time) const;

  GroupNorm norm1;
  Conv2d conv1;
  GroupNorm norm2;
  Conv2d conv2;
  std::optional<Conv2d> conv_shortcut;  // absent: the input itself
  double output_scale;
  std::vector<int64_t> parts;  // channels of the input, or of its pieces

 private:
  int64_t out_channels_;
  std::optional<TimeScaleShift> time_scale_shift_;  // absent without time
  int64_t time_column_ = 0;                         // first of this block's columns
};

}  // namespace hspace
