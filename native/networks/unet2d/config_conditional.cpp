#include "networks/unet2d/config_conditional.h"

#include <algorithm>

namespace hspace {

namespace {

// One integer for all levels, or a list of one for each.
std::vector<int64_t> integers_per_level(const JsonObject& json, const char* key, int64_t fallback,
                                        size_t levels, int64_t most = kMostChannels) {
  const nlohmann::json* value = json.find(key);
  if (value == nullptr || !value->is_array())
    return std::vector<int64_t>(levels, json.integer(key, fallback, 1, most));
  std::vector<int64_t> list = json.integers(key, 1, most);
  if (list.size() != levels)
    json.refuse(key, "one number, or one for each of " + std::to_string(levels) + " levels", value);
  return list;
}

std::vector<bool> booleans_per_level(const JsonObject& json, const char* key, size_t levels) {
  const nlohmann::json* value = json.find(key);
  if (value == nullptr || !value->is_array())
    return std::vector<bool>(levels, json.boolean(key, false));
  std::vector<bool> list;
  for (const nlohmann::json& item : *value) {
    if (item.is_boolean()) list.push_back(item.get<bool>());
  }
  if (list.size() != value->size() || list.size() != levels)
    json.refuse(key,
                "true or false, or a list of one for each of " + std::to_string(levels) + " levels",
                value);
  return list;
}

// Values that would be another network. What these keys stand for is not implemented.
void require_implemented(const JsonObject& json) {
  json.choice<bool>("mid_block_type", true, {{"UNetMidBlock2DCrossAttn", true}});
  json.choice<bool>("attention_type", true, {{"default", true}});
  for (const char* key : {"encoder_hid_dim", "encoder_hid_dim_type", "num_attention_heads",
                          "timestep_post_act", "time_embedding_act_fn", "time_cond_proj_dim",
                          "cross_attention_norm", "reverse_transformer_layers_per_block"}) {
    const nlohmann::json* value = json.find(key);
    if (value != nullptr && !value->is_null())
      json.refuse(key, "null (anything else is not implemented)", value);
  }
  for (const char* key :
       {"dual_cross_attention", "class_embeddings_concat", "resnet_skip_time_act"}) {
    if (json.boolean(key, false))
      json.refuse(key, "false (true is not implemented)", json.find(key));
  }
  for (const char* key : {"conv_in_kernel", "conv_out_kernel"}) json.integer(key, 3, 3, 3);
}

std::optional<TransformerConfig::TextTime> read_text_time(const JsonObject& json) {
  const nlohmann::json* type = json.find("addition_embed_type");
  const auto width =
      json.optional_integer("addition_time_embed_dim", std::nullopt, 1, kMostChannels);
  const auto inputs = json.optional_integer("projection_class_embeddings_input_dim", std::nullopt,
                                            1, kMostChannels);
  if (type == nullptr || type->is_null()) return std::nullopt;
  if (!type->is_string() || type->get_ref<const std::string&>() != "text_time")
    json.refuse("addition_embed_type", "null or text_time", type);
  if (!width || !inputs || *inputs <= *width)
    json.fail(
        "addition_embed_type: text_time needs addition_time_embed_dim and a larger "
        "projection_class_embeddings_input_dim");
  return TransformerConfig::TextTime{*width, *inputs};
}

}  // namespace

UNetConfig conditional_defaults() {
  UNetConfig config;
  config.in_channels = config.out_channels = 4;
  config.down_block_types = {DownBlockType::kCrossAttnDownBlock2D,
                             DownBlockType::kCrossAttnDownBlock2D,
                             DownBlockType::kCrossAttnDownBlock2D, DownBlockType::kDownBlock2D};
  config.up_block_types = {UpBlockType::kUpBlock2D, UpBlockType::kCrossAttnUpBlock2D,
                           UpBlockType::kCrossAttnUpBlock2D, UpBlockType::kCrossAttnUpBlock2D};
  config.block_out_channels = {320, 640, 1280, 1280};
  return config;
}

TransformerConfig read_transformers(const JsonObject& json, const UNetConfig& config) {
  require_implemented(json);
  const size_t levels = config.block_out_channels.size();
  TransformerConfig transformers;
  const auto widths =
      integers_per_level(json, "cross_attention_dim", transformers.cross_attention_dim, levels);
  if (std::count(widths.begin(), widths.end(), widths[0]) != static_cast<int64_t>(levels))
    json.refuse("cross_attention_dim", "one width, of the one text that all levels read",
                json.find("cross_attention_dim"));
  transformers.cross_attention_dim = widths[0];
  transformers.heads = integers_per_level(json, "attention_head_dim", 8, levels);
  transformers.layers = integers_per_level(json, "transformer_layers_per_block", 1, levels, 1000);
  transformers.only_cross_attention = booleans_per_level(json, "only_cross_attention", levels);
  transformers.text_time = read_text_time(json);
  for (size_t i = 0; i < levels; ++i) {
    const bool used = i + 1 == levels ||
                      config.down_block_types[i] == DownBlockType::kCrossAttnDownBlock2D ||
                      config.up_block_types[levels - 1 - i] == UpBlockType::kCrossAttnUpBlock2D;
    if (used && config.block_out_channels[i] % transformers.heads[i] != 0)
      json.fail("block_out_channels: expected multiples of the number of heads, " +
                std::to_string(transformers.heads[i]) + " by attention_head_dim, found " +
                std::to_string(config.block_out_channels[i]));
  }
  // No influence: see TransformerConfig; the others belong to blocks that are refused.
  for (const char* key :
       {"use_linear_projection", "upcast_attention", "mid_block_only_cross_attention",
        "resnet_out_scale_factor", "addition_embed_type_num_heads"})
    json.find(key);
  return transformers;
}

}  // namespace hspace
