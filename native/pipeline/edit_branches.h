#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "hspace/edit.h"
#include "pipeline/denoiser.h"
#include "pipeline/edit_injection.h"

namespace hspace {

// What becomes of the rows of one step: several edits may go on from one x_t.
struct Branches {
  std::vector<int64_t> parents;  // (D) the row of x_t that each begins with
  std::vector<int64_t> columns;  // (D) the column whose edit it is, or kUnedited

  void add(int64_t parent, int64_t column) {
    parents.push_back(parent);
    columns.push_back(column);
  }
};

// Rows (B, ...) of any tensor by number, on its device and in its layout; the tensor itself where
// these are all of them in order.
at::Tensor rows_of(const at::Tensor& t, const std::vector<int64_t>& rows);

// What the network says of branches (D, C, H, W each) of x (G, C, H, W) at step i. The encoder runs
// once a row, whatever the number of its branches; so does, where Δh goes into P_t alone, the
// decoder for D_t. `work` counts that; later: as in Denoiser::finite().
Denoiser::Prediction predict(const Denoiser& denoiser, int64_t i, const at::Tensor& x,
                             const Branches& branches, const EditInjection& edits, EditWork& work,
                             LaterCheck* later);

}  // namespace hspace
