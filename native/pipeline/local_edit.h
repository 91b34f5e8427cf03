#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "hspace/edit.h"
#include "pipeline/grid_block.h"

namespace hspace {

// Decodes cells of a block beside the unedited passes of their rows, as the options that need these
// say: noise relaxed inside each edit's region, the background kept outside it.
class LocalEdits {
 public:
  // first_row: of the block, in the trajectory, for the seeds of new noise.
  LocalEdits(const GridRun& run, const Model& model, const GridBlock& block,
             const EditOptions& options, int64_t first_row);

  // x_0 of cells (B, C, H, W), a state(). regions: (1, 1, H, W) for all of them or (B, 1, H, W),
  // true inside, the same for cells of a row that are edited alike. unedited: x_t of each step and
  // then x_0 of the block's rows, (R, C, H, W) each, as GridBlock::decode gives them; empty: they
  // are computed along.
  at::Tensor decode(const std::vector<Cell>& cells, const at::Tensor& regions,
                    const std::vector<at::Tensor>& unedited) const;

 private:
  // x_p of edited cells, from x_p that the step lands on with the trajectory's own noise, and the
  // way there: x_t, what the network says of it, rows, and their unedited x_p.
  at::Tensor inside_out(int64_t i, const at::Tensor& next, const at::Tensor& x,
                        const Denoiser::Prediction& said, const std::vector<int64_t>& rows,
                        const at::Tensor& unedited, const at::Tensor& inside) const;

  const GridRun run_;
  const GridBlock& block_;
  const EditOptions& options_;
  at::Tensor new_noise_;  // (R, T, C, H, W) of relaxed steps; undefined where they draw none
};

}  // namespace hspace
