#pragma once

#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>

#include "hspace/condition.h"
#include "hspace/config.h"

namespace bench {

// A condition such as this network asks for: 77 tokens, one text for the whole batch.
inline hspace::Condition condition(const hspace::UNetConfig& config) {
  hspace::Condition condition;
  if (config.class_embedding != hspace::ClassEmbedding::kNone)
    condition.class_labels = at::ones({1}, at::kLong);
  if (!config.transformers) return condition;
  condition.text = at::randn({1, 77, config.transformers->cross_attention_dim});
  if (const auto& text_time = config.transformers->text_time) {
    condition.time_ids = at::ones({1, 6});
    condition.pooled_text = at::randn({1, text_time->inputs - 6 * text_time->time_width});
  }
  return condition;
}

}  // namespace bench
