#include "layers/feed_forward.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>

#include "kernels/geglu.h"
#include "layers/linear.h"

namespace hspace {

FeedForward::FeedForward(const LayerLoader& loader, const std::string& key, int64_t channels)
    : proj(load_linear(loader, key + ".net.0.proj", channels, 8 * channels)),
      out(load_linear(loader, key + ".net.2", 4 * channels, channels)) {}

at::Tensor FeedForward::forward(const at::Tensor& x, const at::Tensor& residual,
                                Execution execution) const {
  const at::Tensor both = proj.forward({x}, execution);
  if (execution == Execution::kFast) return out.forward({geglu(both)}, execution, residual);
  const int64_t inner = both.size(1) / 2;
  const at::Tensor gated = both.narrow(1, 0, inner) * at::gelu(both.narrow(1, inner, inner));
  return out.forward({gated}, execution, residual);
}

}  // namespace hspace
