#pragma once

#include <optional>
#include <vector>

#include "layers/blocks.h"
#include "layers/resnet_derivative.h"
#include "layers/spatial_attention_derivative.h"

namespace hspace {

// The linear maps of an UpBlock.
struct UpBlockMaps {
  explicit UpBlockMaps(const UpBlock& block);

  std::vector<ResnetMaps> resnets;
  std::vector<SpatialAttentionMaps> attentions;  // none, or one a residual block
  LinearConv upsampler;                          // undefined when there is none
};

// The derivative of UpBlock::forward with respect to its input; its skips do not vary.
class UpBlockDerivative {
 public:
  // `maps` must outlive the derivative.
  explicit UpBlockDerivative(const UpBlockMaps& maps);

  // UpBlock::forward, recording what the derivative needs.
  // x (b, C_in, H, W) channels-last -> (b, C_out, H', W')
  at::Tensor record(const UpBlock& block, at::Tensor x, const at::Tensor& time,
                    const at::Tensor& text, const std::vector<at::Tensor>& skips, size_t& remaining,
                    RecordedRows where, Execution execution);

  // dx (n, C_in, H, W) -> (n, C_out, H', W')
  at::Tensor jvp(at::Tensor dx, const Rows& rows) const;
  // u (n, C_out, H', W') -> (n, C_in, H, W)
  at::Tensor vjp(at::Tensor u, const Rows& rows) const;

  int64_t bytes() const;

 private:
  const UpBlockMaps* maps_;
  std::vector<ResnetDerivative> resnets_;
  std::vector<SpatialAttentionDerivative> attentions_;
};

}  // namespace hspace
