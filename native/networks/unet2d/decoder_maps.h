#pragma once

#include <optional>
#include <vector>

#include "layers/up_block_derivative.h"

namespace hspace {

struct Network;

// The linear maps of all layers behind the earliest injection point. Made once a network, whatever
// the number of points at which it is linearised; weights are prepacked when first used.
struct DecoderMaps {
  explicit DecoderMaps(const Network& network);

  ResnetMaps mid_resnet0;
  std::optional<SpatialAttentionMaps> mid_attention;
  ResnetMaps mid_resnet1;
  std::vector<UpBlockMaps> up_blocks;
  LinearConv conv_out;
};

}  // namespace hspace
