#include "hspace/text_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/stack.h>

#include <optional>
#include <utility>

#include "files/sha256.h"
#include "hspace/error.h"
#include "kernels/expect.h"
#include "layers/device_check.h"
#include "networks/text/clip_layers.h"

namespace hspace {

struct TextEncoder::State {
  State(const std::string& directory, const std::string& variant, const Placement& placement)
      : config(TextEncoderConfig::load(directory + "/config.json")),
        placement(placement),
        weights(directory, variant, kTransformersStem),
        token_embedding(
            placement.store_wide(weights.take("text_model.embeddings.token_embedding.weight",
                                              {config.vocab_size, config.hidden_size}))),
        position_embedding(placement.store_wide(
            weights.take("text_model.embeddings.position_embedding.weight",
                         {config.max_position_embeddings, config.hidden_size}))),
        final_norm(weights, "text_model.final_layer_norm", config.hidden_size,
                   config.layer_norm_eps, placement) {
    for (int64_t i = 0; i < config.num_hidden_layers; ++i)
      layers.emplace_back(weights, "text_model.encoder.layers." + std::to_string(i), config,
                          placement);
    const std::string projection_key = "text_projection.weight";
    if (config.with_projection) {
      projection = placement.store_wide(
          weights.take(projection_key, {config.projection_dim, config.hidden_size}));
    } else {
      weights.ignore(projection_key);
    }
    weights.ignore("text_model.embeddings.position_ids");  // 0, 1, 2 …, of old files
    const std::vector<std::string> unused = weights.finish();
    config.warnings.insert(config.warnings.end(), unused.begin(), unused.end());
  }

  // Where each text ends: the first end token, or with the old number of it the largest token.
  std::vector<int64_t> ends(const at::Tensor& tokens) const;

  TextEncoderConfig config;
  const Placement placement;
  WeightMap weights;
  StoredWeight token_embedding, position_embedding;
  std::vector<ClipLayer> layers;
  TokenNorm final_norm;
  std::optional<StoredWeight> projection;
};

std::vector<int64_t> TextEncoder::State::ends(const at::Tensor& tokens) const {
  constexpr int64_t kOldEnd = 2;
  std::vector<int64_t> ends;
  for (int64_t row = 0; row < tokens.size(0); ++row) {
    int64_t end = -1, largest = -1;
    for (int64_t i = 0; i < tokens.size(1); ++i) {
      const int64_t token = tokens[row][i].item<int64_t>();
      if (token < 0 || token >= config.vocab_size)
        throw Error("text encoder: tokens: expected numbers in [0, " +
                    std::to_string(config.vocab_size) + "), found " + std::to_string(token));
      const bool is_end = config.eos_token_id == kOldEnd ? token > largest
                                                         : end < 0 && token == config.eos_token_id;
      if (is_end) end = i;
      largest = std::max(largest, token);
    }
    if (end < 0)
      throw Error("text encoder: tokens: expected the end token " +
                  std::to_string(config.eos_token_id) + " in every text, found none in text " +
                  std::to_string(row));
    ends.push_back(end);
  }
  return ends;
}

TextEncoder::TextEncoder(const std::string& directory, at::ScalarType dtype, at::Device device,
                         const std::string& variant)
    : state_(std::make_shared<const State>(directory, variant, checked_placement(dtype, device))) {}

const TextEncoderConfig& TextEncoder::config() const { return state_->config; }
int64_t TextEncoder::parameters() const { return state_->weights.parameters(); }
std::vector<std::string> TextEncoder::weight_files() const { return state_->weights.paths(); }

std::string TextEncoder::hash() const {
  const std::string text = state_->config.canonical_json() + "\n" + state_->weights.fingerprint();
  return Sha256::of(text.data(), text.size());
}

TextEncoding TextEncoder::encode(const at::Tensor& tokens) const {
  const State& state = *state_;
  const int64_t most = state.config.max_position_embeddings;
  if (!tokens.defined() || tokens.dim() != 2 || tokens.scalar_type() != at::kLong ||
      tokens.numel() == 0 || tokens.size(1) > most)
    throw Error("text encoder: tokens: expected (B, up to " + std::to_string(most) +
                ") Long, found " + describe(tokens));
  const at::AutoDispatchBelowADInplaceOrView without_autograd;
  const at::Tensor host = tokens.cpu().contiguous();
  const std::vector<int64_t> ends = state.ends(host);
  const at::Tensor ids = host.to(state.placement.device).flatten();
  const at::Tensor positions = at::arange(tokens.size(1), ids.options());
  TextEncoding out;
  at::Tensor x = state.token_embedding.rows(ids).view({tokens.size(0), tokens.size(1), -1}) +
                 state.position_embedding.rows(positions);
  out.hidden_states.push_back(x);
  for (const ClipLayer& layer : state.layers) {
    x = layer.forward(x);
    out.hidden_states.push_back(x);
  }
  out.last_hidden_state = state.final_norm.forward(x);
  std::vector<at::Tensor> pooled;
  for (size_t row = 0; row < ends.size(); ++row)
    pooled.push_back(out.last_hidden_state[static_cast<int64_t>(row)][ends[row]]);
  out.pooled = at::stack(pooled);
  if (state.projection) out.pooled = at::linear(out.pooled, state.projection->get());
  return out;
}

}  // namespace hspace
