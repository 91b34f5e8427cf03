#include "layers/token_attention.h"

#include "layers/dot_product_attention.h"
#include "layers/linear.h"

namespace hspace {
namespace {

Conv2d load_projection(const LayerLoader& loader, const std::string& key, int64_t channels,
                       bool reads_text) {
  if (reads_text) return load_linear(loader, key + ".to_q", channels, channels, false);
  return load_stacked_linear(loader, {{key + ".to_q"}, {key + ".to_k"}, {key + ".to_v"}}, channels,
                             channels, false);
}

}  // namespace

TokenAttention::TokenAttention(const LayerLoader& loader, const std::string& key, int64_t channels,
                               int64_t heads, std::optional<int64_t> text_width)
    : reads_text(text_width.has_value()),
      heads(heads),
      projection(load_projection(loader, key, channels, reads_text)),
      to_out(load_linear(loader, key + ".to_out.0", channels, channels)) {
  if (reads_text) {
    to_kv = load_stacked_linear(loader, {{key + ".to_k"}, {key + ".to_v"}}, *text_width, channels,
                                false);
  }
}

at::Tensor TokenAttention::keys_and_values(const at::Tensor& text, Execution execution) const {
  // A row of tokens as a picture of one column.
  return tokens_of(to_kv->forward({text.transpose(1, 2).unsqueeze(3)}, execution));
}

at::Tensor TokenAttention::forward(const at::Tensor& x, const at::Tensor& text,
                                   const at::Tensor& residual, Execution execution) const {
  const int64_t channels = x.size(1);
  const at::Tensor projected = tokens_of(projection.forward({x}, execution));
  const at::Tensor kv =
      reads_text ? keys_and_values(text, execution) : projected.narrow(2, channels, 2 * channels);
  const at::Tensor attended =
      dot_product_attention(projected.narrow(2, 0, channels), kv.narrow(2, 0, channels),
                            kv.narrow(2, channels, channels), heads, execution);
  return to_out.forward({picture_of(attended, x)}, execution, residual);
}

}  // namespace hspace
