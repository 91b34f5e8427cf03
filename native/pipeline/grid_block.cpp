#include "pipeline/grid_block.h"

#include <map>
#include <utility>

namespace hspace {

GridBlock::GridBlock(const GridRun& run, const Trajectory& trajectory, int64_t first_row,
                     int64_t rows)
    : run_(run),
      rows_(rows),
      x_T_(run.denoiser.state(trajectory.x_T().narrow(0, first_row, rows))) {
  if (trajectory.z().defined()) z_ = trajectory.z().narrow(0, first_row, rows);
}

at::Tensor GridBlock::noise(int64_t i) const {
  return z_.defined() ? run_.denoiser.state(z_.select(1, i)) : at::Tensor();
}

at::Tensor GridBlock::decode(std::vector<Cell> cells, std::vector<at::Tensor>* unedited) const {
  const int64_t asked = static_cast<int64_t>(cells.size());
  if (unedited != nullptr) {
    for (int64_t row = 0; row < rows_; ++row) cells.push_back({row, kUnedited});
  }
  std::vector<int64_t> rows;                             // that rows of x are of
  std::vector<int64_t> places;                           // row of x that each cell has
  const auto grown = [](auto& known, const auto& key) {  // a number for each key, as they come
    return known.emplace(key, static_cast<int64_t>(known.size()));
  };
  std::map<int64_t, int64_t> starts;
  for (const Cell& cell : cells) {
    const auto [start, fresh] = grown(starts, cell.row);
    if (fresh) rows.push_back(cell.row);
    places.push_back(start->second);
  }
  at::Tensor x = rows_of(x_T_, rows);
  if (unedited != nullptr) unedited->push_back(x_T_);
  for (int64_t i = 0; i < run_.denoiser.steps(); ++i) {
    Branches branches;
    std::vector<int64_t> rows_of_branches;
    std::map<std::pair<int64_t, int64_t>, int64_t> known;  // (row of x, what is added) -> branch
    for (size_t c = 0; c < cells.size(); ++c) {
      const std::pair key(places[c], run_.edits.like(i, cells[c].column));
      const auto [branch, fresh] = grown(known, key);
      if (fresh) {
        branches.add(key.first, key.second);
        rows_of_branches.push_back(cells[c].row);
      }
      places[c] = branch->second;
    }
    const Denoiser::Prediction said =
        predict(run_.denoiser, i, x, branches, run_.edits, run_.work, run_.later);
    const at::Tensor z = noise(i);
    const at::Tensor next = landing(run_.denoiser.step(i), rows_of(x, branches.parents), said,
                                    z.defined() ? rows_of(z, rows_of_branches) : z);
    x = run_.denoiser.finite(i, x, next, !run_.edits.empty(), run_.later);
    if (unedited != nullptr) {
      const std::vector<int64_t> last(places.begin() + asked, places.end());
      unedited->push_back(rows_of(x, last));
    }
    run_.counter.add(asked);
  }
  places.resize(asked);
  return rows_of(x, places);
}

}  // namespace hspace
