#include "layers/attention.h"

#include <ATen/TensorOperators.h>

#include <vector>

#include "layers/dot_product_attention.h"
#include "layers/linear.h"

namespace hspace {
namespace {

// A layer under its current and its former name.
std::vector<std::string> names(const std::string& key, const char* name, const char* former_name) {
  return {key + "." + name, key + "." + former_name};
}

}  // namespace

Attention::Attention(const LayerLoader& loader, const std::string& key, int64_t channels,
                     int64_t heads, std::optional<int64_t> groups, double output_scale)
    : qkv(load_stacked_linear(
          loader,
          {names(key, "to_q", "query"), names(key, "to_k", "key"), names(key, "to_v", "value")},
          channels, channels)),
      to_out(
          load_stacked_linear(loader, {names(key, "to_out.0", "proj_attn")}, channels, channels)),
      heads(heads),
      output_scale(output_scale) {
  if (groups) {
    group_norm = GroupNorm::load(loader.weights, key + ".group_norm", channels, *groups,
                                 loader.norm_eps, loader.placement);
  }
}

at::Tensor Attention::forward(const at::Tensor& x, Execution execution) const {
  const int64_t channels = x.size(1);
  at::Tensor h = x;
  if (group_norm) {
    h = group_norm->forward({x}, {}, Activation::kNone, x.scalar_type(), execution);
  }
  h = tokens_of(qkv.forward({h}, execution));  // (B, H*W, 3 * C)
  const auto part = [&](int64_t i) { return h.narrow(2, i * channels, channels); };
  h = picture_of(dot_product_attention(part(0), part(1), part(2), heads, execution), x);
  if (execution == Execution::kReference) h = h.contiguous();
  h = to_out.forward({h}, execution, x);  // (B, C, H, W)
  return output_scale == 1 ? h : h / output_scale;
}

}  // namespace hspace
