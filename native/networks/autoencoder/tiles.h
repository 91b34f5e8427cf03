#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace hspace {

// The sides of tiles of an operator's input and of its output, in pixels of each; a tile overlaps
// the next by a quarter.
struct Tiles {
  int64_t in;
  int64_t out;
};

// An operator from pictures to pictures, tile by tile: results are blended linearly where tiles
// overlap, first with the tile above and then with the tile on the left, as diffusers does it.
// x (B, C, H, W) → (B, C', H · out / in, W · out / in)
at::Tensor in_tiles(const at::Tensor& x, Tiles tiles,
                    const std::function<at::Tensor(const at::Tensor&)>& apply);

}  // namespace hspace
