#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "files/text.h"
#include "hspace/edit.h"
#include "hspace/error.h"
#include "kernels/expect.h"
#include "pipeline/edit_injection.h"
#include "pipeline/edit_region.h"
#include "pipeline/finite.h"
#include "pipeline/grid_block.h"
#include "pipeline/local_edit.h"
#include "pipeline/option_checks.h"
#include "pipeline/trajectory_checks.h"

namespace hspace {
namespace {

// The point of h-space that all directions are of, with the model's shape there; `otherwise`
// without directions.
InjectionPoint common_point(const Model& model, const std::vector<Direction>& directions,
                            InjectionPoint otherwise) {
  if (directions.empty()) return otherwise;
  const InjectionPoint point = directions[0].h_space();
  const auto shape = model.bottleneck_shape(point);
  for (const Direction& direction : directions) {
    if (direction.h_space() != point) {
      throw Error("direction " + one_line(direction.name()) + ": expected h-space " +
                      injection_point_name(point) + " like the others, found " +
                      injection_point_name(direction.h_space()),
                  ErrorKind::kMismatch);
    }
    if (direction.delta().sizes().slice(1) != at::IntArrayRef(shape)) {
      throw Error("direction " + one_line(direction.name()) + ": expected h of shape " +
                      shape_text({shape.begin(), shape.end()}) +
                      ", found (T, c, h, w) = " + shape_text(direction.delta().sizes().vec()),
                  ErrorKind::kMismatch);
    }
  }
  return point;
}

const char* dtype_name(at::ScalarType type) {
  return type == at::kDouble ? "float64" : type == at::kBFloat16 ? "bfloat16" : "float32";
}

// The mask as truth values on the model's device.
at::Tensor checked_mask(const Model& model, const at::Tensor& mask) {
  const auto [channels, height, width] = model.sample_shape();
  if (mask.sizes() != at::IntArrayRef({1, 1, height, width})) {
    throw Error("mask: expected (1, 1, " + std::to_string(height) + ", " + std::to_string(width) +
                "), found " + describe(mask));
  }
  return model.state(mask).ne(0);
}

// Error naming the option unless the number is from 0 to 1.
void check_share(const char* option, double share) {
  if (share >= 0 && share <= 1) return;  // not so where it is NaN
  throw Error(std::string(option) + ": expected 0 to 1, found " + number_text(share));
}

// The cells of one network pass: those of whole rows, or some of a row that has more.
struct Pass {
  int64_t first_row, rows;
  std::vector<Cell> cells;
};

// A grid of `rows` rows and `columns` columns in passes of at most `batch` cells; those of a row
// that takes several follow one another.
std::vector<Pass> passes(int64_t rows, int64_t columns, int64_t batch) {
  std::vector<Pass> all;
  const int64_t together = std::max<int64_t>(1, batch / columns);
  for (int64_t first = 0; first < rows; first += together) {
    const int64_t count = std::min(together, rows - first), cells = count * columns;
    for (int64_t begin = 0; begin < cells; begin += batch) {
      Pass pass{first, count, {}};
      for (int64_t c = begin; c < std::min(begin + batch, cells); ++c)
        pass.cells.push_back({c / columns, c % columns});
      all.push_back(pass);
    }
  }
  return all;
}

}  // namespace

void EditOptions::check() const {
  check_batch(batch);
  check_share("skip", skip);
  check_share("threshold", threshold);
  if (relax) check_share("relax", *relax);
  if (mask.defined() && !local()) {
    throw Error("mask: has no effect without relax and keep_background");
  }
}

at::Tensor edit_grid(const Model& model, const Trajectory& trajectory,
                     const std::vector<Edit>& columns, const EditOptions& options,
                     Progress& progress, EditWork* work) {
  if (columns.empty()) throw Error("edits: expected at least one, found none");
  options.check();
  const std::vector<Direction> directions = distinct(columns);
  const InjectionPoint point = common_point(model, directions, trajectory.provenance().h_space);
  check_strengths(model, columns);
  check_noise(trajectory);
  const EditInjection edits(model, directions, columns, trajectory.lattice().timesteps, options);
  const Denoiser denoiser(model, trajectory.lattice(), trajectory.provenance().eta, point,
                          trajectory.provenance().clipping, trajectory.provenance().conditioning);
  const bool local = options.local() && !edits.empty();
  const bool finds_regions = local && !options.mask.defined();
  const at::Tensor mask =
      local && options.mask.defined() ? checked_mask(model, options.mask) : at::Tensor();
  const auto width = static_cast<int64_t>(columns.size());
  const int64_t asked = trajectory.rows() * width * denoiser.steps() * (finds_regions ? 2 : 1);
  EditWork done;
  done.rows_asked = asked;
  RowSteps counter(progress, asked);
  std::vector<at::Tensor> unedited;  // of the rows of the pass, and of those that follow on them
  int64_t first_row = -1;            // of these
  // x_0 (B, C, H, W) of a pass's cells.
  const auto decode = [&](const Pass& pass, RowSteps& counts, LaterCheck* later) {
    const GridRun run{denoiser, edits, done, counts, later};
    const GridBlock block(run, trajectory, pass.first_row, pass.rows);
    if (!local) return block.decode(pass.cells);
    const LocalEdits inside(run, model, block, options, pass.first_row);
    if (!finds_regions) return inside.decode(pass.cells, mask, {});
    const bool fresh = pass.first_row != first_row;
    first_row = pass.first_row;
    if (fresh) unedited.clear();
    const at::Tensor edited = block.decode(pass.cells, fresh ? &unedited : nullptr);
    const at::Tensor originals =
        trajectory.x_0().defined()
            ? denoiser.state(trajectory.x_0().narrow(0, pass.first_row, pass.rows))
            : unedited.back();
    std::vector<int64_t> rows;
    for (const Cell& cell : pass.cells) rows.push_back(cell.row);
    const at::Tensor regions = edit_region(edited, rows_of(originals, rows), options.threshold);
    return inside.decode(pass.cells, regions, unedited);
  };
  std::vector<at::Tensor> images;  // (B, C, H, W) each
  for (const Pass& pass : passes(trajectory.rows(), width, options.batch)) {
    LaterCheck later;
    at::Tensor made = decode(pass, counter, &later);
    if (!later.passed()) {
      RowSteps uncounted(Progress::none(), asked);
      made = decode(pass, uncounted, nullptr);
    }
    images.push_back(made.cpu());
  }
  if (work != nullptr) *work = done;
  return at::cat(images);
}

void check_strengths(const Model& model, const std::vector<Edit>& edits) {
  const double most = largest_number(model.options().dtype);
  std::map<const void*, double> sizes;  // the largest number of each Δh
  for (const Edit& edit : edits) {
    double sum = 0;
    for (const WeightedDirection& part : edit) {
      const at::Tensor& delta = part.direction.delta();
      const auto [size, fresh] = sizes.try_emplace(delta.unsafeGetTensorImpl(), 0.0);
      if (fresh) size->second = delta.abs().max().item<double>();
      sum += std::abs(part.strength) * size->second;
      if (sum <= most) continue;  // not so where either is NaN
      throw Error("direction " + one_line(part.direction.name()) + ": strength " +
                  number_text(part.strength) + " takes it beyond what " +
                  dtype_name(model.options().dtype) + " holds (" + three_digits(most) +
                  "); expected a smaller one");
    }
  }
}

}  // namespace hspace
