#pragma once

#include <string>
#include <vector>

#include "layers/blocks.h"

namespace hspace {

// The blocks of a U-Net of this configuration, from their checkpoint names.

// Levels count from the outermost.
DownBlock load_down_block(const LayerLoader& loader, const UNetConfig& config, size_t level);

MidBlock load_mid_block(const LayerLoader& loader, const UNetConfig& config);

// index: of up_blocks, which counts levels from the innermost. in_channels: of what comes from
// below; skip_channels: of the residual blocks, in the order in which they take them.
UpBlock load_up_block(const LayerLoader& loader, const UNetConfig& config, size_t index,
                      int64_t in_channels, const std::vector<int64_t>& skip_channels);

}  // namespace hspace
