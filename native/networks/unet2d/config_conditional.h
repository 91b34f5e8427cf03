#pragma once

#include "files/json_object.h"
#include "hspace/config.h"

namespace hspace {

// Far beyond any model, and far below where products of two could overflow.
inline constexpr int64_t kMostChannels = 1 << 20;

// The defaults of diffusers' UNet2DConditionModel.
UNetConfig conditional_defaults();

// What its config.json says of transformers and of further conditions; `config` holds the levels.
// Error where that is not implemented or does not fit.
TransformerConfig read_transformers(const JsonObject& json, const UNetConfig& config);

}  // namespace hspace
