#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "hspace/direction.h"
#include "hspace/export.h"
#include "hspace/sampler.h"

namespace hspace HSPACE_API {

// A direction as part of an edit.
struct WeightedDirection {
  WeightedDirection(Direction direction, double strength, Window window = {})
      : direction(std::move(direction)), strength(strength), window(window) {}

  Direction direction;
  double strength;  // γ
  Window window;    // the part of the trajectory in which it acts
};

// What is done to one image: Σ γ_k Δh_k is added to the bottleneck at each step. None leaves the
// image as it is.
using Edit = std::vector<WeightedDirection>;

// The noise z that an inversion finds holds what the image shows, and puts it back where an edit
// takes it away. The last options leave that noise, or the image, alone only where the edit has
// nothing to do; the unedited pass then runs beside the edits, one more row of each image, and
// regions that are not given take a grid of their own before.
struct EditOptions {
  // Whether Δh goes into P_t only (Asyrp), or into both P_t and D_t.
  bool asymmetric = false;
  // Cells of one network pass.
  int64_t batch = 16;
  // Which passes of guidance Δh goes into.
  InjectInto inject_into = InjectInto::kBoth;
  // Share of the steps, from the first on, that run unedited, 0 to 1.
  double skip = 0;
  // Inside an edit's region noise is drawn anew, at the trajectory's η times this: from 0, none, to
  // 1. Empty: the trajectory's own noise everywhere.
  std::optional<double> relax = {};
  // Row i's new noise is that of seed + i, the same for all edits of the row.
  int64_t seed = 0;
  // Outside an edit's region x_t is the unedited pass's at each step.
  bool keep_background = false;
  // The region of all edits (1, 1, H, W), on samples, not 0 inside. Undefined: each has its own,
  // where the sample that it makes with all of the trajectory's own noise differs from the unedited
  // one by more than `threshold` times the most that it differs anywhere (root mean square over
  // channels, smoothed).
  at::Tensor mask = {};
  double threshold = 0.3;

  // Whether anything depends on the region.
  bool local() const { return relax || keep_background; }
  // Error naming the option that is out of range.
  void check() const;
};

// What a grid took, in samples that went through the network's halves; under guidance each is two
// of its rows.
struct EditWork {
  int64_t passes = 0;        // of the encoder, each of some rows
  int64_t encoder_rows = 0;  // in all passes together
  int64_t decoder_rows = 0;
  // One at each step of each cell, twice where regions were looked for: what it would have taken
  // both halves if cells shared nothing.
  int64_t rows_asked = 0;
};

// Applies a row of S edits to each of a trajectory's N rows, every cell with its row's own noise
// and η, all cells in shared batches. Cells of a row are computed once as long as the same was
// added to them: before a window or the skipped steps end, and where nothing edits them. Images
// (N·S, C, H, W), row by row; one that nothing edits is what the trajectory decodes to. work: where
// given, receives what that took. Error when directions belong to another h-space than the others,
// have another shape than the model's h, or are beyond the model's type.
at::Tensor edit_grid(const Model& model, const Trajectory& trajectory,
                     const std::vector<Edit>& columns, const EditOptions& options,
                     Progress& progress = Progress::none(), EditWork* work = nullptr);

// Error, naming the direction and its strength, where the type that the model computes in does not
// hold what the edits add.
void check_strengths(const Model& model, const std::vector<Edit>& edits);

// Generates with the bottleneck of other rows: every h_t of rows[i] is replaced by that of
// donors[i] (Haas et al., Fig 2a). Semantics follow the donor; background and the like stay. The
// trajectory has h recorded; rows and donors (M). Images (M, C, H, W).
at::Tensor swap_h(const Model& model, const Trajectory& trajectory,
                  const std::vector<int64_t>& rows, const std::vector<int64_t>& donors,
                  int64_t batch, Progress& progress = Progress::none());

}  // namespace hspace
