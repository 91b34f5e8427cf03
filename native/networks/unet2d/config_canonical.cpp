#include <map>

#include "files/json_text.h"
#include "files/text.h"
#include "hspace/config.h"

namespace hspace {

namespace {

std::string text(bool value) { return value ? "true" : "false"; }
std::string text(int64_t value) { return std::to_string(value); }

std::string text(double value) { return decimal(value); }

std::string text(TimeEmbeddingType value) {
  return in_quotes(value == TimeEmbeddingType::kFourier ? "fourier" : "positional");
}
std::string text(DownBlockType value) {
  return in_quotes(value == DownBlockType::kAttnDownBlock2D ? "AttnDownBlock2D" : "DownBlock2D");
}
std::string text(UpBlockType value) {
  return in_quotes(value == UpBlockType::kAttnUpBlock2D ? "AttnUpBlock2D" : "UpBlock2D");
}
std::string text(ResampleType value) {
  return in_quotes(value == ResampleType::kResnet ? "resnet" : "conv");
}
std::string text(TimeScaleShift value) {
  return in_quotes(value == TimeScaleShift::kScaleShift ? "scale_shift" : "default");
}

template <typename T>
std::string text(const std::optional<T>& value) {
  return value ? text(*value) : "null";
}

template <typename T>
std::string text(const std::vector<T>& values) {
  return json_list(values, [](const T& value) { return text(value); });
}

}  // namespace

std::string UNetConfig::canonical_json() const {
  return json_object(
      std::map<std::string, std::string>{{"in_channels", text(in_channels)},
                                         {"out_channels", text(out_channels)},
                                         {"center_input_sample", text(center_input_sample)},
                                         {"time_embedding_type", text(time_embedding_type)},
                                         {"time_embedding_dim", text(time_embed_dim())},
                                         {"freq_shift", text(freq_shift)},
                                         {"flip_sin_to_cos", text(flip_sin_to_cos)},
                                         {"down_block_types", text(down_block_types)},
                                         {"up_block_types", text(up_block_types)},
                                         {"block_out_channels", text(block_out_channels)},
                                         {"layers_per_block", text(layers_per_block)},
                                         {"mid_block_scale_factor", text(mid_block_scale_factor)},
                                         {"downsample_padding", text(downsample_padding)},
                                         {"downsample_type", text(downsample_type)},
                                         {"upsample_type", text(upsample_type)},
                                         {"attention_head_dim", text(attention_head_dim)},
                                         {"norm_num_groups", text(norm_num_groups)},
                                         {"attn_norm_num_groups", text(attn_norm_num_groups)},
                                         {"norm_eps", text(norm_eps)},
                                         {"resnet_time_scale_shift", text(resnet_time_scale_shift)},
                                         {"add_attention", text(add_attention)}});
}

}  // namespace hspace
