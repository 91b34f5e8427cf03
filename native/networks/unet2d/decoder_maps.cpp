#include "networks/unet2d/decoder_maps.h"

#include "networks/unet2d/network.h"

namespace hspace {

DecoderMaps::DecoderMaps(const Network& network)
    : mid_resnet0(network.mid_block.resnet0),
      mid_resnet1(network.mid_block.resnet1),
      conv_out(network.conv_out.linear_map()) {
  if (network.mid_block.attention) mid_attention = maps_of(*network.mid_block.attention);
  for (const UpBlock& block : network.up_blocks) up_blocks.emplace_back(block);
}

}  // namespace hspace
