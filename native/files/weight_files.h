#pragma once

#include <string>
#include <vector>

#include "hspace/safetensors.h"

namespace hspace {

// The stems of the names under which diffusers and transformers store weights.
inline constexpr const char* kDiffusersStem = "diffusion_pytorch_model";
inline constexpr const char* kTransformersStem = "model";

// The safetensors files that hold a model's weights, opened and checked against their index.
// `variant` may be empty.
//
//   STEM[.VARIANT].safetensors                           one file, or
//   STEM.safetensors.index[.VARIANT].json                an index of
//   STEM[.VARIANT]-00001-of-00002.safetensors            shards
//
// Error when there is neither (with the command to convert, if there are .bin weights), when a
// shard is missing or a key is not in the shard that the index names, or when a key is in two
// shards.
std::vector<SafetensorsFile> open_weight_files(const std::string& directory,
                                               const std::string& variant,
                                               const std::string& stem = kDiffusersStem);

}  // namespace hspace
