#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "hspace/edit.h"

namespace hspace {

// The column of a grid that nothing edits, beside those that are asked for.
constexpr int64_t kUnedited = -1;

// The sums of each column's weighted directions: coefficients (B, K) times directions (K, c·h·w),
// one product a step.
class EditInjection {
 public:
  // timesteps: those of the trajectory that is edited. directions: distinct() of the columns', of
  // the model's shape; may be none.
  EditInjection(const Model& model, const std::vector<Direction>& directions,
                const std::vector<Edit>& columns, const std::vector<int64_t>& timesteps,
                const EditOptions& options);

  // Whether there is no direction at all.
  bool empty() const { return !deltas_.defined(); }
  bool asymmetric() const { return asymmetric_; }
  InjectInto into() const { return into_; }

  // Δh_t of any columns (B, c, h, w), like h; undefined where it is 0 for all of them.
  at::Tensor delta(int64_t step, const std::vector<int64_t>& columns, const at::Tensor& h) const;
  // Whether anything is added to a column at a step.
  bool acts(int64_t step, int64_t column) const { return like(step, column) != kUnedited; }
  // The first of the columns to which the same is added at this step; kUnedited where that is
  // nothing.
  int64_t like(int64_t step, int64_t column) const {
    return column == kUnedited ? kUnedited : like_[column][step];
  }
  // The first of the columns that are edited alike at every step.
  int64_t same(int64_t column) const;
  // The first step at which something is added to a column; the number of steps if none is.
  int64_t first_step(int64_t column) const;

 private:
  at::Tensor deltas_;                                           // (K, T, c·h·w)
  std::vector<std::vector<std::vector<double>>> coefficients_;  // [column][step][direction]
  std::vector<std::vector<int64_t>> like_;                      // [column][step]
  bool asymmetric_;
  InjectInto into_;
};

// The directions of edits, each once: one is another's copy when it shares its Δh and is meant for
// the same timesteps.
std::vector<Direction> distinct(const std::vector<Edit>& edits);

}  // namespace hspace
