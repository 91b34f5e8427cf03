#pragma once

#include <string>
#include <vector>

#include "hspace/safetensors.h"

namespace hspace {

// The safetensors files that hold a model's weights, opened and checked against their index.
// `variant` may be empty.
//
//   diffusion_pytorch_model[.VARIANT].safetensors                           one file, or
//   diffusion_pytorch_model.safetensors.index[.VARIANT].json                an index of
//   diffusion_pytorch_model[.VARIANT]-00001-of-00002.safetensors            shards
//
// Error when there is neither (with the command to convert, if there are .bin weights), when a
// shard is missing or a key is not in the shard that the index names, or when a key is in two
// shards.
std::vector<SafetensorsFile> open_weight_files(const std::string& directory,
                                               const std::string& variant);

}  // namespace hspace
