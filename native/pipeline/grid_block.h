#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "hspace/trajectory.h"
#include "pipeline/denoiser.h"
#include "pipeline/edit_branches.h"
#include "pipeline/edit_injection.h"
#include "pipeline/row_steps.h"

namespace hspace {

// A cell of a grid.
struct Cell {
  int64_t row;     // of its block
  int64_t column;  // or kUnedited
};

// What decodes a grid, and whom it tells.
struct GridRun {
  const Denoiser& denoiser;
  const EditInjection& edits;
  EditWork& work;
  RowSteps& counter;  // steps of cells
  LaterCheck* later;  // as in Denoiser::finite()
};

// Successive rows of a trajectory, as a grid of edits decodes them.
class GridBlock {
 public:
  GridBlock(const GridRun& run, const Trajectory& trajectory, int64_t first_row, int64_t rows);

  int64_t rows() const { return rows_; }
  // x_T (R, C, H, W), a state().
  const at::Tensor& x_T() const { return x_T_; }
  // What step i adds to each row (R, C, H, W) times its σ; undefined where the trajectory has none.
  at::Tensor noise(int64_t i) const;

  // x_0 of cells (B, C, H, W), a state(). What they have in common is done once: cells of a row are
  // one as long as the same was added to them. unedited: where given, receives x_t of each step and
  // then x_0 of every row under no edit, (R, C, H, W) each.
  at::Tensor decode(std::vector<Cell> cells, std::vector<at::Tensor>* unedited = nullptr) const;

  // x_p of step i from x_t (B, C, H, W), by what the network says of it and with noise like it.
  static at::Tensor landing(const Step& step, const at::Tensor& x, const Denoiser::Prediction& said,
                            const at::Tensor& noise) {
    const at::Tensor mean = step.mean(x, said.of_p, said.of_d);
    return step.sigma == 0 ? mean : mean.add(noise, step.sigma);
  }

 private:
  const GridRun run_;
  int64_t rows_;
  at::Tensor x_T_;
  at::Tensor z_;  // (R, T, C, H, W)
};

}  // namespace hspace
