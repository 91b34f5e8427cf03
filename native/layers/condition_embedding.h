#pragma once

#include <optional>

#include "hspace/condition.h"
#include "layers/time_embedding.h"

namespace hspace {

// What the conditions of a U-Net beside its text add to the time embedding: class labels, and
// SDXL's pooled text and sizes.
class ConditionEmbedding {
 public:
  ConditionEmbedding(WeightMap& weights, const UNetConfig& config, const Placement& placement);

  // Error naming what is missing, what nobody asked for, and what does not fit: this model's
  // condition of `batch` samples, the text included.
  void check(const Condition& condition, int64_t batch) const;

  // time embedding (1 or B, time_embed_dim), wide → (1 or B, time_embed_dim)
  at::Tensor add(at::Tensor time_embedding, const Condition& condition) const;

 private:
  ClassEmbedding class_embedding_;
  int64_t classes_;
  std::optional<TransformerConfig> transformers_;
  at::Device device_;
  at::Tensor table_;                            // (classes, time_embed_dim), wide
  Sinusoids label_sinusoids_;                   // of labels that are embedded as timesteps
  std::optional<TimestepEmbedding> of_labels_;  // likewise
  Sinusoids size_sinusoids_;                    // of SDXL's sizes
  std::optional<TimestepEmbedding> of_text_;    // of pooled text and sizes
};

}  // namespace hspace
