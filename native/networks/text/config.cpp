#include "files/canonical_text.h"
#include "files/json_object.h"
#include "files/text.h"
#include "hspace/text_encoder.h"

namespace hspace {

namespace {

// Far beyond any model, and far below where products of two could overflow.
constexpr int64_t kMost = 1 << 20;

bool read_projection(const JsonObject& json) {
  const auto architectures = json.list_of<bool>(
      "architectures", {false}, {{"CLIPTextModel", false}, {"CLIPTextModelWithProjection", true}});
  if (architectures.size() != 1)
    json.refuse("architectures", "one class", json.find("architectures"));
  return architectures[0];
}

}  // namespace

TextEncoderConfig TextEncoderConfig::load(const std::string& config_json_path) {
  const JsonObject json(config_json_path);
  TextEncoderConfig config;
  json.choice<bool>("model_type", true, {{"clip_text_model", true}});
  config.with_projection = read_projection(json);
  config.vocab_size = json.integer("vocab_size", config.vocab_size, 1, 1 << 24);
  config.hidden_size = json.integer("hidden_size", config.hidden_size, 1, kMost);
  config.intermediate_size = json.integer("intermediate_size", config.intermediate_size, 1, kMost);
  config.projection_dim = json.integer("projection_dim", config.projection_dim, 1, kMost);
  config.num_hidden_layers = json.integer("num_hidden_layers", config.num_hidden_layers, 1, 1000);
  config.num_attention_heads =
      json.integer("num_attention_heads", config.num_attention_heads, 1, kMost);
  config.max_position_embeddings =
      json.integer("max_position_embeddings", config.max_position_embeddings, 1, kMost);
  config.hidden_act =
      json.choice("hidden_act", config.hidden_act,
                  {{"quick_gelu", Activation::kQuickGelu}, {"gelu", Activation::kGelu}});
  config.layer_norm_eps = json.number("layer_norm_eps", config.layer_norm_eps);
  if (config.layer_norm_eps < 0)
    json.refuse("layer_norm_eps", "a number of at least 0", json.find("layer_norm_eps"));
  config.eos_token_id = json.integer("eos_token_id", config.eos_token_id, 0, 1 << 24);
  if (config.hidden_size % config.num_attention_heads != 0)
    json.fail("hidden_size: expected a multiple of num_attention_heads = " +
              std::to_string(config.num_attention_heads) + ", found " +
              std::to_string(config.hidden_size));
  // Settings of training, of the tokenizer, and of how transformers stores and runs it.
  for (const char* key :
       {"attention_dropout", "dropout", "initializer_factor", "initializer_range", "bos_token_id",
        "pad_token_id", "torch_dtype", "dtype", "transformers_version", "use_cache"})
    json.find(key);
  for (const std::string& key : json.unread()) {
    if (key[0] != '_')
      config.warnings.push_back(config_json_path + ": unknown key " + in_quotes(key) +
                                " is ignored");
  }
  return config;
}

std::string TextEncoderConfig::canonical_json() const {
  CanonicalText text;
  text.add("_class_name",
           std::string(with_projection ? "CLIPTextModelWithProjection" : "CLIPTextModel"));
  text.add("vocab_size", vocab_size);
  text.add("hidden_size", hidden_size);
  text.add("intermediate_size", intermediate_size);
  if (with_projection) text.add("projection_dim", projection_dim);
  text.add("num_hidden_layers", num_hidden_layers);
  text.add("num_attention_heads", num_attention_heads);
  text.add("max_position_embeddings", max_position_embeddings);
  text.add("hidden_act", std::string(hidden_act == Activation::kQuickGelu ? "quick_gelu" : "gelu"));
  text.add("layer_norm_eps", layer_norm_eps);
  text.add("eos_token_id", eos_token_id);
  return text.json();
}

}  // namespace hspace
