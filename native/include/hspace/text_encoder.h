#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// The configuration of transformers' CLIPTextModel: same names, same defaults (transformers 4.57).
struct TextEncoderConfig {
  enum class Activation { kQuickGelu, kGelu };

  int64_t vocab_size = 49408;
  int64_t hidden_size = 512;  // D
  int64_t intermediate_size = 2048;
  int64_t projection_dim = 512;  // P
  int64_t num_hidden_layers = 12;
  int64_t num_attention_heads = 8;
  int64_t max_position_embeddings = 77;  // the most tokens
  Activation hidden_act = Activation::kQuickGelu;
  double layer_norm_eps = 1e-5;
  // The token that ends a text. 2, which old files say wrongly, means the token of the largest
  // number.
  int64_t eos_token_id = 49407;
  // Whether this is a CLIPTextModelWithProjection.
  bool with_projection = false;

  // Remarks that do not stop loading, one sentence each.
  std::vector<std::string> warnings;

  // Reads a config.json. What does not fit or is not implemented is an Error naming file, key,
  // found and allowed values.
  static TextEncoderConfig load(const std::string& config_json_path);

  // What decides the network's function, as understood, in one text; see
  // UNetConfig::canonical_json.
  std::string canonical_json() const;
};

// What a text encoder makes of B texts.
struct TextEncoding {
  // (B, tokens, D) each: what enters the first layer, then what leaves each layer. SDXL's U-Net
  // reads the last but one.
  std::vector<at::Tensor> hidden_states;
  // (B, tokens, D) the last of them, normalised. The U-Nets of Stable Diffusion 1 and 2 read it.
  at::Tensor last_hidden_state;
  // (B, P) its row at the text's end, projected; (B, D) without a projection
  at::Tensor pooled;
};

// transformers' CLIPTextModel or CLIPTextModelWithProjection.
//
// Runs on plain ATen operators, without autograd, in float64 where asked, else in float32: once a
// prompt. On the CPU weights stay as they are stored, in the mapped file, and are converted while a
// layer runs. Const methods may be called from several threads.
class TextEncoder {
 public:
  // directory: a text_encoder/ directory (config.json, model.safetensors); the rest as for UNet.
  // Error when the configuration or the weights do not fit.
  TextEncoder(const std::string& directory, at::ScalarType dtype, at::Device device,
              const std::string& variant = "");

  const TextEncoderConfig& config() const;
  int64_t parameters() const;
  std::vector<std::string> weight_files() const;
  // As UNet::hash().
  std::string hash() const;

  // tokens (B, n) int64, n up to max_position_embeddings, each text with its end token. Error when
  // a token is not in the vocabulary, or a text has no end.
  TextEncoding encode(const at::Tensor& tokens) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace hspace
