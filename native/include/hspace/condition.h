#pragma once

#include <ATen/core/Tensor.h>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// What a conditioned U-Net is told of its samples, beside x and t. One row serves all samples, or
// there is one for each. What a model does not ask for stays undefined.
struct Condition {
  at::Tensor text;          // (1 or B, tokens, D) the text encoder's hidden states
  at::Tensor pooled_text;   // (1 or B, P) SDXL: the projected text
  at::Tensor time_ids;      // (1 or B, k) SDXL: original size, crop and target size, in pixels
  at::Tensor class_labels;  // (1 or B) class-conditional models: integers, or any number where they
                            // are embedded as timesteps are
};

}  // namespace hspace
