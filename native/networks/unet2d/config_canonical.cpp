#include "files/canonical_text.h"
#include "hspace/config.h"

namespace hspace {

namespace {

std::string name(TimeEmbeddingType value) {
  return value == TimeEmbeddingType::kFourier ? "fourier" : "positional";
}

std::string name(DownBlockType value) {
  switch (value) {
    case DownBlockType::kDownBlock2D:
      return "DownBlock2D";
    case DownBlockType::kAttnDownBlock2D:
      return "AttnDownBlock2D";
    case DownBlockType::kCrossAttnDownBlock2D:
      return "CrossAttnDownBlock2D";
  }
  return {};
}

std::string name(UpBlockType value) {
  switch (value) {
    case UpBlockType::kUpBlock2D:
      return "UpBlock2D";
    case UpBlockType::kAttnUpBlock2D:
      return "AttnUpBlock2D";
    case UpBlockType::kCrossAttnUpBlock2D:
      return "CrossAttnUpBlock2D";
  }
  return {};
}

std::string name(ResampleType value) { return value == ResampleType::kResnet ? "resnet" : "conv"; }
std::string name(TimeScaleShift value) {
  return value == TimeScaleShift::kScaleShift ? "scale_shift" : "default";
}

template <typename T>
std::vector<std::string> names(const std::vector<T>& values) {
  std::vector<std::string> list;
  for (const T value : values) list.push_back(name(value));
  return list;
}

// What only a UNet2DModel has.
void add_attention_of(const UNetConfig& config, CanonicalText& text) {
  text.add("time_embedding_type", name(config.time_embedding_type));
  text.add("downsample_type", name(config.downsample_type));
  text.add("upsample_type", name(config.upsample_type));
  text.add("attention_head_dim", config.attention_head_dim);
  text.add("attn_norm_num_groups", config.attn_norm_num_groups);
  text.add("add_attention", config.add_attention);
}

// What only a UNet2DConditionModel has.
void add_transformers(const TransformerConfig& transformers, CanonicalText& text) {
  text.add("_class_name", std::string("UNet2DConditionModel"));
  text.add("attention_head_dim", transformers.heads);
  text.add("cross_attention_dim", transformers.cross_attention_dim);
  text.add("only_cross_attention", transformers.only_cross_attention);
  text.add("transformer_layers_per_block", transformers.layers);
  if (!transformers.text_time) return;
  text.add("addition_embed_type", std::string("text_time"));
  text.add("addition_time_embed_dim", transformers.text_time->time_width);
  text.add("projection_class_embeddings_input_dim", transformers.text_time->inputs);
}

}  // namespace

std::string UNetConfig::canonical_json() const {
  CanonicalText text;
  text.add("in_channels", in_channels);
  text.add("out_channels", out_channels);
  text.add("center_input_sample", center_input_sample);
  text.add("time_embedding_dim", time_embed_dim());
  text.add("freq_shift", freq_shift);
  text.add("flip_sin_to_cos", flip_sin_to_cos);
  text.add("down_block_types", names(down_block_types));
  text.add("up_block_types", names(up_block_types));
  text.add("block_out_channels", block_out_channels);
  text.add("layers_per_block", layers_per_block);
  text.add("mid_block_scale_factor", mid_block_scale_factor);
  text.add("downsample_padding", downsample_padding);
  text.add("norm_num_groups", norm_num_groups);
  text.add("norm_eps", norm_eps);
  text.add("resnet_time_scale_shift", name(resnet_time_scale_shift));
  if (class_embedding == ClassEmbedding::kTable) text.add("num_class_embeds", num_class_embeds);
  if (class_embedding == ClassEmbedding::kTimestep)
    text.add("class_embed_type", std::string("timestep"));
  if (transformers) {
    add_transformers(*transformers, text);
  } else {
    add_attention_of(*this, text);
  }
  return text.json();
}

}  // namespace hspace
