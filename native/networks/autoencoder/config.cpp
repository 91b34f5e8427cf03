#include <algorithm>

#include "files/canonical_text.h"
#include "files/json_object.h"
#include "files/text.h"
#include "hspace/autoencoder.h"

namespace hspace {

namespace {

// Far beyond any model, and far below where products of two could overflow.
constexpr int64_t kMostChannels = 1 << 20;
// Each level halves the picture.
constexpr size_t kMostLevels = 16;

// As many blocks of the one kind that is implemented as there are levels.
void require_blocks(const JsonObject& json, const char* key, const char* type, size_t levels) {
  const auto blocks = json.list_of<bool>(key, {true}, {{type, true}});
  if (blocks.size() != levels)
    json.fail("expected as many blocks as levels, found " + std::to_string(levels) +
              " in block_out_channels, " + std::to_string(blocks.size()) + " in " + key);
}

std::vector<double> read_channel_numbers(const JsonObject& json, const char* key, size_t channels) {
  const nlohmann::json* value = json.find(key);
  if (value == nullptr || value->is_null()) return {};
  std::vector<double> numbers = json.numbers(key);
  if (numbers.size() != channels)
    json.refuse(key, "null or " + std::to_string(channels) + " numbers, one a channel", value);
  return numbers;
}

// What is only in one of the two classes.
void read_kl(const JsonObject& json, AutoencoderConfig& config) {
  config.use_quant_conv = json.boolean("use_quant_conv", config.use_quant_conv);
  config.use_post_quant_conv = json.boolean("use_post_quant_conv", config.use_post_quant_conv);
  config.latents_mean = read_channel_numbers(json, "latents_mean", config.latent_channels);
  config.latents_std = read_channel_numbers(json, "latents_std", config.latent_channels);
  if (std::any_of(config.latents_std.begin(), config.latents_std.end(),
                  [](double value) { return value == 0; }))
    json.refuse("latents_std", "divisors", json.find("latents_std"));
  const nlohmann::json* shift = json.find("shift_factor");
  if (shift == nullptr || shift->is_null()) return;
  if (!config.latents_mean.empty()) json.refuse("shift_factor", "null beside latents_mean", shift);
  config.latents_mean.assign(config.latent_channels, json.number("shift_factor"));
}

void read_vq(const JsonObject& json, AutoencoderConfig& config) {
  AutoencoderConfig::Codebook codebook;
  codebook.entries = json.integer("num_vq_embeddings", codebook.entries, 1, kMostChannels);
  codebook.width = json.optional_integer("vq_embed_dim", std::nullopt, 1, kMostChannels)
                       .value_or(config.latent_channels);
  config.codebook = codebook;
  json.choice<bool>("norm_type", true, {{"group", true}});
  json.find("lookup_from_codebook");  // of latents that are indices already
}

}  // namespace

AutoencoderConfig AutoencoderConfig::load(const std::string& config_json_path) {
  const JsonObject json(config_json_path);
  AutoencoderConfig config;
  const bool vq =
      json.choice<bool>("_class_name", false, {{"AutoencoderKL", false}, {"VQModel", true}});
  if (vq) config.latent_channels = 3;
  json.choice<bool>("act_fn", true, {{"silu", true}, {"swish", true}});
  config.in_channels = json.integer("in_channels", config.in_channels, 1, kMostChannels);
  config.out_channels = json.integer("out_channels", config.out_channels, 1, kMostChannels);
  config.block_out_channels =
      json.integers("block_out_channels", config.block_out_channels, 1, kMostChannels);
  config.layers_per_block = json.integer("layers_per_block", config.layers_per_block, 1, 1000);
  config.latent_channels =
      json.integer("latent_channels", config.latent_channels, 1, kMostChannels);
  config.norm_num_groups =
      json.integer("norm_num_groups", config.norm_num_groups, 1, kMostChannels);
  config.sample_size = json.integer("sample_size", config.sample_size, 1, kMostChannels);
  config.scaling_factor = json.number("scaling_factor", config.scaling_factor);
  if (config.scaling_factor == 0) json.fail("scaling_factor: expected a divisor, found 0");
  config.mid_block_add_attention =
      json.boolean("mid_block_add_attention", config.mid_block_add_attention);
  const size_t levels = config.block_out_channels.size();
  if (levels < 1 || levels > kMostLevels)
    json.fail("block_out_channels: expected 1 to " + std::to_string(kMostLevels) +
              " levels, found " + std::to_string(levels));
  require_blocks(json, "down_block_types", "DownEncoderBlock2D", levels);
  require_blocks(json, "up_block_types", "UpDecoderBlock2D", levels);
  for (const int64_t channels : config.block_out_channels) {
    if (channels % config.norm_num_groups != 0)
      json.fail("block_out_channels: expected multiples of norm_num_groups = " +
                std::to_string(config.norm_num_groups) + ", found " + std::to_string(channels));
  }
  if (vq) {
    read_vq(json, config);
  } else {
    read_kl(json, config);
  }
  json.find("force_upcast");  // about float16, which we do not compute in
  for (const std::string& key : json.unread()) {
    if (key[0] != '_')
      config.warnings.push_back(config_json_path + ": unknown key " + in_quotes(key) +
                                " is ignored");
  }
  return config;
}

std::string AutoencoderConfig::canonical_json() const {
  CanonicalText text;
  text.add("_class_name", std::string(codebook ? "VQModel" : "AutoencoderKL"));
  text.add("in_channels", in_channels);
  text.add("out_channels", out_channels);
  text.add("block_out_channels", block_out_channels);
  text.add("layers_per_block", layers_per_block);
  text.add("latent_channels", latent_channels);
  text.add("norm_num_groups", norm_num_groups);
  text.add("scaling_factor", scaling_factor);
  text.add("latents_mean", latents_mean);
  text.add("latents_std", latents_std);
  text.add("use_quant_conv", use_quant_conv);
  text.add("use_post_quant_conv", use_post_quant_conv);
  text.add("mid_block_add_attention", mid_block_add_attention);
  if (codebook) {
    text.add("num_vq_embeddings", codebook->entries);
    text.add("vq_embed_dim", codebook->width);
  }
  return text.json();
}

}  // namespace hspace
