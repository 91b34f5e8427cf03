#include "networks/autoencoder/tiles.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace hspace {
namespace {

// The first rows (dim 2) or columns (dim 3) of `tile` fade in over the last of the tile before it.
void blend(const at::Tensor& before, at::Tensor tile, int64_t dim, int64_t extent) {
  extent = std::min({extent, before.size(dim), tile.size(dim)});
  std::vector<int64_t> shape(4, 1);
  shape[dim] = extent;
  const at::Tensor weight =
      (at::arange(extent, tile.options()) / static_cast<double>(extent)).view(shape);
  at::Tensor here = tile.narrow(dim, 0, extent);
  const at::Tensor there = before.narrow(dim, before.size(dim) - extent, extent);
  here.copy_(there * (1 - weight) + here * weight);
}

}  // namespace

at::Tensor in_tiles(const at::Tensor& x, Tiles tiles,
                    const std::function<at::Tensor(const at::Tensor&)>& apply) {
  const int64_t step = tiles.in - tiles.in / 4, extent = tiles.out / 4;
  const int64_t kept = tiles.out - extent;  // of every tile; the rest is in the next
  at::Tensor out;
  std::vector<at::Tensor> above;
  for (int64_t i = 0, y = 0; i < x.size(2); i += step, y += kept) {
    std::vector<at::Tensor> row;
    for (int64_t j = 0, left = 0; j < x.size(3); j += step, left += kept) {
      const at::Tensor piece = x.narrow(2, i, std::min(tiles.in, x.size(2) - i))
                                   .narrow(3, j, std::min(tiles.in, x.size(3) - j));
      const at::Tensor tile = apply(piece).contiguous();
      if (!above.empty()) blend(above[row.size()], tile, 2, extent);
      if (!row.empty()) blend(row.back(), tile, 3, extent);
      if (!out.defined())
        out = at::empty({x.size(0), tile.size(1), x.size(2) * tiles.out / tiles.in,
                         x.size(3) * tiles.out / tiles.in},
                        tile.options());
      const int64_t height = std::min(kept, tile.size(2)), width = std::min(kept, tile.size(3));
      out.narrow(2, y, height)
          .narrow(3, left, width)
          .copy_(tile.narrow(2, 0, height).narrow(3, 0, width));
      row.push_back(tile);
    }
    above = std::move(row);
  }
  return out;
}

}  // namespace hspace
