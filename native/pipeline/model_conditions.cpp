// What a model makes of prompts and classes.

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <utility>

#include "files/text.h"
#include "hspace/error.h"
#include "hspace/model.h"

namespace hspace {
namespace {

void check(const Model& model, const Conditioning& asked) {
  const UNetConfig& config = model.unet().config();
  const bool classes = config.class_embedding != ClassEmbedding::kNone;
  const std::string& name = model.directory();
  if (config.transformers && !asked.prompt)
    throw Error("prompt: expected one, because " + name + " makes pictures of texts, found none");
  if (!config.transformers && (asked.prompt || asked.negative))
    throw Error("prompt: expected none, because " + name + " reads no texts");
  if (classes && !asked.class_label)
    throw Error("class: expected one, because " + name + " makes pictures of classes, found none");
  if (!classes && asked.class_label)
    throw Error("class: expected none, because " + name + " has no classes");
  if (config.class_embedding == ClassEmbedding::kTable &&
      (*asked.class_label < 0 || *asked.class_label >= config.num_class_embeds)) {
    throw Error("class: expected 0 to " + std::to_string(config.num_class_embeds - 1) + ", found " +
                std::to_string(*asked.class_label));
  }
  if (!(asked.guidance >= 0 && std::isfinite(asked.guidance)))
    throw Error("guidance: expected a number of at least 0, found " + number_text(asked.guidance));
  if (!asked.guided()) return;
  if (!config.transformers)
    throw Error("guidance: expected 1, because " + name + " reads no texts, found " +
                number_text(asked.guidance));
  if (!asked.negative && !model.parts().zeros_for_empty_prompt)
    throw Error("negative: expected a prompt, which may be empty, because guidance is " +
                number_text(asked.guidance) + ", found none");
}

void check_tokens(const Prompt& prompt, size_t encoders, const char* what) {
  if (prompt.tokens.size() == encoders) return;
  throw Error(std::string(what) + ": expected a list of tokens for each of " +
              std::to_string(encoders) + " text encoders, found " +
              std::to_string(prompt.tokens.size()));
}

// Of one row. As diffusers' pipelines: Stable Diffusion 1 and 2 read the normalised last hidden
// state; SDXL the last but one of each encoder, side by side, with the pooled text of the last.
Condition encoded(const Model& model, const Prompt& prompt, const char* what) {
  const std::vector<TextEncoder>& encoders = model.text_encoders();
  check_tokens(prompt, encoders.size(), what);
  const bool sizes = model.unet().config().transformers->text_time.has_value();
  Condition made;
  std::vector<at::Tensor> texts;  // (1, tokens, D) each
  for (size_t i = 0; i < encoders.size(); ++i) {
    const at::Tensor tokens = at::tensor(prompt.tokens[i], at::kLong).unsqueeze(0);  // (1, n)
    const TextEncoding text = encoders[i].encode(tokens);
    texts.push_back(sizes ? text.hidden_states[text.hidden_states.size() - 2]
                          : text.last_hidden_state);
    made.pooled_text = text.pooled;
  }
  for (const at::Tensor& text : texts) {
    if (text.size(1) == texts[0].size(1)) continue;
    throw Error(std::string(what) + ": expected token lists of one length, found " +
                std::to_string(texts[0].size(1)) + " and " + std::to_string(text.size(1)));
  }
  made.text = at::cat(texts, 2);
  if (!sizes) made.pooled_text = at::Tensor();
  return made;
}

}  // namespace

GuidedUNet Model::conditioned(const Conditioning& asked) const {
  check(*this, asked);
  const UNetConfig& config = unet().config();
  if (asked.class_label) {
    Condition label;
    label.class_labels = at::tensor({*asked.class_label}, at::kLong);
    return {unet(), {label}};
  }
  if (!config.transformers) return {unet()};
  std::vector<Condition> conditions = {encoded(*this, *asked.prompt, "prompt")};
  if (asked.guided()) {
    if (asked.negative) {
      conditions.push_back(encoded(*this, *asked.negative, "negative"));
    } else {
      conditions.push_back(conditions[0]);
      conditions[1].text = at::zeros_like(conditions[0].text);
      conditions[1].pooled_text = at::zeros_like(conditions[0].pooled_text);
    }
  }
  if (config.transformers->text_time) {
    const auto [channels, height, width] = picture_shape();
    const auto h = static_cast<double>(height), w = static_cast<double>(width);
    for (Condition& one : conditions)  // the whole picture: neither scaled nor cropped
      one.time_ids = at::tensor({h, w, 0., 0., h, w}).unsqueeze(0);
  }
  return {unet(), std::move(conditions), asked.guidance};
}

}  // namespace hspace
