#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "hspace/edit.h"

namespace hspace {

// The sum of each cell's weighted directions, as one product a step: coefficients (B, K) times
// directions (K, c·h·w). Cells are those of a grid, row by row, with the same edits in each row.
class EditInjection : public Injection {
 public:
  // timesteps: those of the trajectory that is edited. directions: distinct() of the columns', at
  // least one, of the model's shape.
  EditInjection(const Model& model, const std::vector<Direction>& directions,
                const std::vector<Edit>& columns, const std::vector<int64_t>& timesteps,
                const EditOptions& options);

  at::Tensor delta_h(int64_t step, int64_t timestep, int64_t first, const at::Tensor& h) override;
  bool asymmetric() const override { return asymmetric_; }
  InjectInto into() const override { return into_; }

  // Δh_t of any cells (B, c, h, w), like h; undefined where it is 0 for all of them.
  at::Tensor delta(int64_t step, const std::vector<int64_t>& cells, const at::Tensor& h) const;
  // The first step at which something is added to a cell; the number of steps if none is.
  int64_t first_step(int64_t cell) const;

 private:
  at::Tensor deltas_;                                           // (K, T, c·h·w)
  std::vector<std::vector<std::vector<double>>> coefficients_;  // [column][step][direction]
  bool asymmetric_;
  InjectInto into_;
};

// The directions of edits, each once: one is another's copy when it shares its Δh and is meant for
// the same timesteps.
std::vector<Direction> distinct(const std::vector<Edit>& edits);

}  // namespace hspace
