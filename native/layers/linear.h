#pragma once

#include <string>
#include <vector>

#include "layers/conv2d.h"
#include "layers/layer_loader.h"

namespace hspace {

// torch.nn.Linear over the channels of a picture, as the 1x1 convolution that it is: (B, in, H, W)
// → (B, out, H, W).
//
// keys: its names in the checkpoint, the current one first. With several `stacked` layers, each of
// them under any of its names, the outputs stand one after the other.
Conv2d load_linear(const LayerLoader& loader, const std::string& key, int64_t in, int64_t out,
                   bool bias = true);
Conv2d load_stacked_linear(const LayerLoader& loader,
                           const std::vector<std::vector<std::string>>& stacked, int64_t in,
                           int64_t out_of_each, bool bias = true);

}  // namespace hspace
