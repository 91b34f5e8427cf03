#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hspace/bottleneck.h"
#include "layers/attention.h"
#include "layers/resample.h"
#include "layers/resnet.h"

namespace hspace {

// diffusers' DownBlock2D and AttnDownBlock2D: residual blocks, each with attention after it or not,
// then a downsampling or not. Every result is a skip connection.
class DownBlock {
 public:
  DownBlock(const LayerLoader& loader, const std::string& key, int64_t in_channels,
            int64_t out_channels, bool attention, bool downsample);

  // x (B, C_in, H, W) → (B, C_out, H', W'); appends to skips.
  at::Tensor forward(at::Tensor x, const at::Tensor& time, std::vector<at::Tensor>& skips,
                     Execution execution) const;

  std::vector<ResnetBlock> resnets;
  std::vector<Attention> attentions;  // none, or one a residual block
  std::optional<Downsample> downsampler;
};

// diffusers' UNetMidBlock2D: residual block, attention or not, residual block. All of it (B, c, h,
// w).
class MidBlock {
 public:
  explicit MidBlock(const LayerLoader& loader);

  at::Tensor forward(const at::Tensor& x, const at::Tensor& time, Execution execution) const;
  // The part in front of the second residual block.
  at::Tensor front(const at::Tensor& x, const at::Tensor& time, Execution execution) const;

  ResnetBlock resnet0;
  std::optional<Attention> attention;
  ResnetBlock resnet1;
};

// diffusers' UpBlock2D and AttnUpBlock2D: residual blocks, each of which takes one skip connection
// behind its input's channels, then an upsampling or not.
class UpBlock {
 public:
  // skip_channels: of the residual blocks, in the order in which they take them.
  UpBlock(const LayerLoader& loader, const std::string& key, int64_t in_channels,
          const std::vector<int64_t>& skip_channels, int64_t out_channels, bool attention,
          bool upsample);

  // x (B, C_in, H, W) → (B, C_out, H', W'). Takes its skips from the end of skips[0, remaining),
  // and lowers `remaining` by their number.
  at::Tensor forward(at::Tensor x, const at::Tensor& time, const std::vector<at::Tensor>& skips,
                     size_t& remaining, Execution execution) const;

  std::vector<ResnetBlock> resnets;
  std::vector<Attention> attentions;  // none, or one a residual block
  std::optional<Upsample> upsampler;
};

}  // namespace hspace
