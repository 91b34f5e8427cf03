#include "layers/transformer.h"

#include "layers/linear.h"

namespace hspace {
namespace {

// diffusers' Transformer2DModel takes no other, whatever norm_eps is.
constexpr double kGroupNormEps = 1e-6;

}  // namespace

TransformerBlock::TransformerBlock(const LayerLoader& loader, const std::string& key,
                                   const TransformerShape& shape)
    : norm1(LayerNorm::load(loader, key + ".norm1", shape.channels)),
      attn1(loader, key + ".attn1", shape.channels, shape.heads,
            shape.only_cross_attention ? std::optional(shape.text_width) : std::nullopt),
      norm2(LayerNorm::load(loader, key + ".norm2", shape.channels)),
      attn2(loader, key + ".attn2", shape.channels, shape.heads, shape.text_width),
      norm3(LayerNorm::load(loader, key + ".norm3", shape.channels)),
      ff(loader, key + ".ff", shape.channels) {}

at::Tensor TransformerBlock::forward(const at::Tensor& x, const at::Tensor& text,
                                     Execution execution) const {
  at::Tensor h = attn1.forward(norm1.forward(x, execution), text, x, execution);
  h = attn2.forward(norm2.forward(h, execution), text, h, execution);
  return ff.forward(norm3.forward(h, execution), h, execution);
}

Transformer::Transformer(const LayerLoader& loader, const std::string& key,
                         const TransformerShape& shape)
    : norm(GroupNorm::load(loader.weights, key + ".norm", shape.channels, loader.norm_groups,
                           kGroupNormEps, loader.placement)),
      proj_in(load_linear(loader, key + ".proj_in", shape.channels, shape.channels)),
      proj_out(load_linear(loader, key + ".proj_out", shape.channels, shape.channels)) {
  for (int64_t i = 0; i < shape.layers; ++i) {
    blocks.emplace_back(loader, key + ".transformer_blocks." + std::to_string(i), shape);
  }
}

at::Tensor Transformer::forward(const at::Tensor& x, const at::Tensor& text,
                                Execution execution) const {
  at::Tensor h = norm.forward({x}, {}, Activation::kNone, x.scalar_type(), execution);
  h = proj_in.forward({h}, execution);
  for (const TransformerBlock& block : blocks) h = block.forward(h, text, execution);
  h = proj_out.forward({h}, execution, x);
  return execution == Execution::kReference ? h.contiguous() : h;
}

}  // namespace hspace
