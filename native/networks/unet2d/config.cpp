#include "hspace/config.h"

#include <algorithm>

#include "files/json_object.h"
#include "files/text.h"
#include "networks/unet2d/config_conditional.h"

namespace hspace {

namespace {

constexpr int64_t kMostPixels = 1 << 16;  // of a side

const JsonObject::Choices<TimeEmbeddingType> kTimeEmbeddings = {
    {"positional", TimeEmbeddingType::kPositional}, {"fourier", TimeEmbeddingType::kFourier}};
// diffusers drops the prefix "UNetRes", which old checkpoints carry.
const JsonObject::Choices<DownBlockType> kDownBlocks = {
    {"DownBlock2D", DownBlockType::kDownBlock2D},
    {"AttnDownBlock2D", DownBlockType::kAttnDownBlock2D},
    {"UNetResDownBlock2D", DownBlockType::kDownBlock2D},
    {"UNetResAttnDownBlock2D", DownBlockType::kAttnDownBlock2D}};
const JsonObject::Choices<UpBlockType> kUpBlocks = {
    {"UpBlock2D", UpBlockType::kUpBlock2D},
    {"AttnUpBlock2D", UpBlockType::kAttnUpBlock2D},
    {"UNetResUpBlock2D", UpBlockType::kUpBlock2D},
    {"UNetResAttnUpBlock2D", UpBlockType::kAttnUpBlock2D}};
const JsonObject::Choices<DownBlockType> kConditionalDownBlocks = {
    {"DownBlock2D", DownBlockType::kDownBlock2D},
    {"CrossAttnDownBlock2D", DownBlockType::kCrossAttnDownBlock2D}};
const JsonObject::Choices<UpBlockType> kConditionalUpBlocks = {
    {"UpBlock2D", UpBlockType::kUpBlock2D},
    {"CrossAttnUpBlock2D", UpBlockType::kCrossAttnUpBlock2D}};
const JsonObject::Choices<ResampleType> kResamplings = {{"conv", ResampleType::kConv},
                                                        {"resnet", ResampleType::kResnet}};
const JsonObject::Choices<TimeScaleShift> kTimeScaleShifts = {
    {"default", TimeScaleShift::kDefault}, {"scale_shift", TimeScaleShift::kScaleShift}};

std::optional<std::array<int64_t, 2>> read_sample_size(const JsonObject& json) {
  const nlohmann::json* value = json.find("sample_size");
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (value->is_array()) {
    const auto sizes = json.integers("sample_size", 1, kMostPixels);
    if (sizes.size() != 2) json.refuse("sample_size", "null, a size or [height, width]", value);
    return std::array<int64_t, 2>{sizes[0], sizes[1]};
  }
  const int64_t size = json.integer("sample_size", 1, kMostPixels);
  return std::array<int64_t, 2>{size, size};
}

ClassEmbedding read_class_embedding(const JsonObject& json, int64_t& classes) {
  classes = json.optional_integer("num_class_embeds", std::nullopt, 1, kMostChannels).value_or(0);
  const nlohmann::json* type = json.find("class_embed_type");
  if (type == nullptr || type->is_null())
    return classes > 0 ? ClassEmbedding::kTable : ClassEmbedding::kNone;
  classes = 0;
  if (*type == "timestep") return ClassEmbedding::kTimestep;
  json.refuse("class_embed_type", "null or timestep", type);
}

void require_noise(const JsonObject& json, const UNetConfig& config) {
  if (config.out_channels == config.in_channels || config.learned_variance()) return;
  json.fail("out_channels: expected " + std::to_string(config.in_channels) +
            ", as many as in_channels, or " + std::to_string(2 * config.in_channels) +
            " with a learned variance, found " + std::to_string(config.out_channels));
}

void require_same_length(const JsonObject& json, const UNetConfig& config) {
  const auto count = [](size_t n, const char* key) { return std::to_string(n) + " in " + key; };
  const size_t levels = config.block_out_channels.size();
  if (levels == 0) json.fail("block_out_channels: expected at least one level, found none");
  if (config.down_block_types.size() != levels || config.up_block_types.size() != levels) {
    json.fail("expected as many blocks as levels, found " + count(levels, "block_out_channels") +
              ", " + count(config.down_block_types.size(), "down_block_types") + ", " +
              count(config.up_block_types.size(), "up_block_types"));
  }
}

// The channels of a level must fall into whole normalisation groups and, where a UNet2DModel has
// attention, whole heads.
void require_divisible(const JsonObject& json, const UNetConfig& config) {
  const auto require = [&](int64_t channels, const char* key, int64_t divisor) {
    if (channels % divisor == 0) return;
    json.fail("block_out_channels: expected multiples of " + std::string(key) + " = " +
              std::to_string(divisor) + ", found " + std::to_string(channels));
  };
  const size_t levels = config.block_out_channels.size();
  for (size_t i = 0; i < levels; ++i) {
    const int64_t channels = config.block_out_channels[i];
    const bool bottom = i + 1 == levels;
    require(channels, "norm_num_groups", config.norm_num_groups);
    const bool attention = config.down_block_types[i] == DownBlockType::kAttnDownBlock2D ||
                           config.up_block_types[levels - 1 - i] == UpBlockType::kAttnUpBlock2D ||
                           (bottom && config.add_attention);
    if (config.transformers) continue;
    if (attention && config.attention_head_dim)
      require(channels, "attention_head_dim", *config.attention_head_dim);
    if (bottom && config.attn_norm_num_groups)
      require(channels, "attn_norm_num_groups", *config.attn_norm_num_groups);
  }
}

// What a UNet2DModel says of its blocks.
void read_attention(const JsonObject& json, UNetConfig& config) {
  json.choice<bool>("mid_block_type", true, {{"UNetMidBlock2D", true}});
  config.downsample_type = json.choice("downsample_type", config.downsample_type, kResamplings);
  config.upsample_type = json.choice("upsample_type", config.upsample_type, kResamplings);
  config.attention_head_dim =
      json.optional_integer("attention_head_dim", config.attention_head_dim, 1, kMostChannels);
  config.attn_norm_num_groups =
      json.optional_integer("attn_norm_num_groups", config.attn_norm_num_groups, 1, kMostChannels);
  config.add_attention = json.boolean("add_attention", config.add_attention);
  // It would take the logarithm of a label.
  if (config.class_embedding == ClassEmbedding::kTimestep &&
      config.time_embedding_type == TimeEmbeddingType::kFourier)
    json.fail("class_embed_type: timestep beside time_embedding_type: fourier is not implemented");
}

}  // namespace

UNetConfig UNetConfig::load(const std::string& config_json_path) {
  const JsonObject json(config_json_path);
  const bool conditional = json.choice<bool>(
      "_class_name", false, {{"UNet2DModel", false}, {"UNet2DConditionModel", true}});
  UNetConfig config = conditional ? conditional_defaults() : UNetConfig();
  json.choice<bool>("act_fn", true, {{"silu", true}, {"swish", true}});
  config.sample_size = read_sample_size(json);
  config.in_channels = json.integer("in_channels", config.in_channels, 1, kMostChannels);
  config.out_channels = json.integer("out_channels", config.out_channels, 1, kMostChannels);
  config.center_input_sample = json.boolean("center_input_sample", config.center_input_sample);
  if (conditional) {
    json.choice<bool>("time_embedding_type", true, {{"positional", true}});
  } else {
    config.time_embedding_type =
        json.choice("time_embedding_type", config.time_embedding_type, kTimeEmbeddings);
  }
  config.time_embedding_dim =
      json.optional_integer("time_embedding_dim", config.time_embedding_dim, 0, kMostChannels);
  if (config.time_embedding_dim == 0)
    config.time_embedding_dim.reset();  // as in Python, where 0 is false
  config.freq_shift = json.number("freq_shift", config.freq_shift);
  config.flip_sin_to_cos = json.boolean("flip_sin_to_cos", config.flip_sin_to_cos);
  config.down_block_types = json.list_of("down_block_types", config.down_block_types,
                                         conditional ? kConditionalDownBlocks : kDownBlocks);
  config.up_block_types = json.list_of("up_block_types", config.up_block_types,
                                       conditional ? kConditionalUpBlocks : kUpBlocks);
  config.block_out_channels =
      json.integers("block_out_channels", config.block_out_channels, 1, kMostChannels);
  config.layers_per_block = json.integer("layers_per_block", config.layers_per_block, 1, 1000);
  config.mid_block_scale_factor =
      json.number("mid_block_scale_factor", config.mid_block_scale_factor);
  if (config.mid_block_scale_factor == 0)
    json.fail("mid_block_scale_factor: expected a divisor, found 0");
  config.downsample_padding = json.integer("downsample_padding", config.downsample_padding, 0, 1);
  config.norm_num_groups =
      json.integer("norm_num_groups", config.norm_num_groups, 1, kMostChannels);
  config.norm_eps = json.number("norm_eps", config.norm_eps);
  if (config.norm_eps < 0) json.refuse("norm_eps", "a number of at least 0", json.find("norm_eps"));
  config.resnet_time_scale_shift =
      json.choice("resnet_time_scale_shift", config.resnet_time_scale_shift, kTimeScaleShifts);
  config.class_embedding = read_class_embedding(json, config.num_class_embeds);
  require_noise(json, config);
  require_same_length(json, config);
  if (conditional) {
    config.transformers = read_transformers(json, config);
  } else {
    read_attention(json, config);
  }
  require_divisible(json, config);

  // Settings of training, and the table size of learned time embeddings, which are refused above.
  for (const char* key : {"dropout", "num_train_timesteps"}) json.find(key);
  for (const std::string& key : json.unread()) {
    if (key[0] != '_')
      config.warnings.push_back(config_json_path + ": unknown key " + in_quotes(key) +
                                " is ignored");
  }
  return config;
}

int64_t UNetConfig::time_embed_dim() const {
  return time_embedding_dim.value_or(4 * block_out_channels[0]);
}

int64_t UNetConfig::attention_heads(int64_t channels) const {
  return channels / attention_head_dim.value_or(channels);
}

}  // namespace hspace
