#include "networks/autoencoder/codebook.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <vector>

namespace hspace {

at::Tensor nearest_entries(const at::Tensor& z, const at::Tensor& table) {
  constexpr int64_t kMostDistances = int64_t{1} << 22;
  const at::Tensor entries = table.to(at::kDouble);                               // (entries, C)
  const at::Tensor squares = entries.square().sum(1).unsqueeze(0);                // (1, entries)
  const at::Tensor positions = z.permute({0, 2, 3, 1}).reshape({-1, z.size(1)});  // (B*H*W, C)
  const int64_t at_once = std::max<int64_t>(1, kMostDistances / table.size(0));
  std::vector<at::Tensor> found;
  for (int64_t first = 0; first < positions.size(0); first += at_once) {
    const at::Tensor some =
        positions.narrow(0, first, std::min(at_once, positions.size(0) - first)).to(at::kDouble);
    // |z - e|² without |z|², which is the same for all entries.
    found.push_back(at::addmm(squares, some, entries.t(), 1, -2).argmin(1));
  }
  const at::Tensor nearest = table.index_select(0, at::cat(found)).to(z.scalar_type());
  return nearest.view({z.size(0), z.size(2), z.size(3), z.size(1)}).permute({0, 3, 1, 2});
}

}  // namespace hspace
