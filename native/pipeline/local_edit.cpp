#include "pipeline/local_edit.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <map>
#include <utility>

#include "pipeline/noise.h"

namespace hspace {
namespace {

// Two batches as one; either may be of no rows, and is undefined then.
at::Tensor joined(const at::Tensor& a, const at::Tensor& b) {
  return !a.defined() ? b : !b.defined() ? a : at::cat({a, b});
}

Denoiser::Prediction narrowed(const Denoiser::Prediction& said, int64_t first, int64_t count) {
  return {said.of_p.narrow(0, first, count), said.of_d.narrow(0, first, count)};
}

// Where a number is among others, as the last of which it is put there when it is not.
int64_t place_in(std::vector<int64_t>& all, int64_t one) {
  const auto place = std::find(all.begin(), all.end(), one) - all.begin();
  if (place == static_cast<int64_t>(all.size())) all.push_back(one);
  return place;
}

}  // namespace

LocalEdits::LocalEdits(const GridRun& run, const Model& model, const GridBlock& block,
                       const EditOptions& options, int64_t first_row)
    : run_(run), block_(block), options_(options) {
  if (options.relax.value_or(0) == 0 || !block.noise(0).defined()) return;
  const Noise noise(model.sample_shape());
  std::vector<at::Tensor> each;  // (1, T, C, H, W)
  for (int64_t row = first_row; row < first_row + block.rows(); ++row)
    each.push_back(noise.relaxed(options.seed + row, run.denoiser.steps()).unsqueeze(0));
  new_noise_ = at::cat(each);
}

at::Tensor LocalEdits::inside_out(int64_t i, const at::Tensor& next, const at::Tensor& x,
                                  const Denoiser::Prediction& said,
                                  const std::vector<int64_t>& rows, const at::Tensor& unedited,
                                  const at::Tensor& inside) const {
  const Step& step = run_.denoiser.step(i);
  at::Tensor mixed = next;
  if (options_.relax && step.sigma > 0) {
    Step relaxed = step;
    relaxed.sigma *= *options_.relax;
    const at::Tensor anew = new_noise_.defined()
                                ? rows_of(run_.denoiser.state(new_noise_.select(1, i)), rows)
                                : at::Tensor();
    mixed = at::where(inside, GridBlock::landing(relaxed, x, said, anew), mixed);
  }
  return options_.keep_background ? at::where(inside, mixed, rows_of(unedited, rows)) : mixed;
}

at::Tensor LocalEdits::decode(const std::vector<Cell>& cells, const at::Tensor& regions,
                              const std::vector<at::Tensor>& unedited) const {
  // Cells that are edited alike at every step are one.
  std::map<std::pair<int64_t, int64_t>, int64_t> known;
  std::vector<int64_t> first_of;  // the cell that stands for each
  for (size_t c = 0; c < cells.size(); ++c) {
    const std::pair key(cells[c].row, run_.edits.same(cells[c].column));
    first_of.push_back(known.emplace(key, static_cast<int64_t>(c)).first->second);
  }
  at::Tensor plain = block_.x_T();
  at::Tensor x;                  // of edited cells
  std::vector<int64_t> running;  // which these are
  for (int64_t i = 0; i < run_.denoiser.steps(); ++i) {
    std::vector<int64_t> base;  // rows whose unedited x_t the network is to see
    Branches branches;
    if (unedited.empty()) {
      for (int64_t row = 0; row < block_.rows(); ++row)
        branches.add(place_in(base, row), kUnedited);
    }
    const auto before = static_cast<int64_t>(branches.parents.size());
    std::vector<int64_t> edited, rows(base);
    for (size_t c = 0; c < cells.size(); ++c) {
      const bool starts = run_.edits.first_step(cells[c].column) == i;
      if (!starts || first_of[c] != static_cast<int64_t>(c)) continue;
      branches.add(place_in(base, cells[c].row), cells[c].column);
      edited.push_back(static_cast<int64_t>(c));
    }
    for (size_t k = 0; k < running.size(); ++k) {
      branches.add(static_cast<int64_t>(base.size() + k), cells[running[k]].column);
      edited.push_back(running[k]);
    }
    const auto count = static_cast<int64_t>(edited.size());
    for (const int64_t cell : edited) rows.push_back(cells[cell].row);
    at::Tensor next_plain = unedited.empty() ? at::Tensor() : unedited[i + 1];
    if (!rows.empty()) {
      const at::Tensor seen = joined(base.empty() ? at::Tensor() : rows_of(plain, base), x);
      const Denoiser::Prediction said =
          predict(run_.denoiser, i, seen, branches, run_.edits, run_.work, run_.later);
      const at::Tensor from = rows_of(seen, branches.parents);
      const at::Tensor z = block_.noise(i);
      const at::Tensor next = run_.denoiser.finite(
          i, seen,
          GridBlock::landing(run_.denoiser.step(i), from, said, z.defined() ? rows_of(z, rows) : z),
          !run_.edits.empty(), run_.later);
      if (unedited.empty()) next_plain = next.narrow(0, 0, before);
      if (count > 0) {
        x = inside_out(i, next.narrow(0, before, count), from.narrow(0, before, count),
                       narrowed(said, before, count), {rows.begin() + before, rows.end()},
                       next_plain, regions.size(0) == 1 ? regions : rows_of(regions, edited));
      }
    }
    plain = next_plain;
    running = edited;
    run_.counter.add(static_cast<int64_t>(cells.size()));
  }
  std::vector<int64_t> places;  // of each cell among the rows and, behind these, the edited cells
  for (size_t c = 0; c < cells.size(); ++c) {
    const auto found = std::find(running.begin(), running.end(), first_of[c]);
    places.push_back(found == running.end() ? cells[c].row
                                            : block_.rows() + (found - running.begin()));
  }
  return rows_of(joined(plain, x), places);
}

}  // namespace hspace
