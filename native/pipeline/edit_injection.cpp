#include "pipeline/edit_injection.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hspace {
namespace {

// Where the direction is among others; their number when it is not.
size_t index_of(const std::vector<Direction>& directions, const Direction& direction) {
  const auto is_copy = [&](const Direction& other) {
    return other.delta().is_same(direction.delta()) && other.timesteps() == direction.timesteps() &&
           other.h_space() == direction.h_space();
  };
  return std::find_if(directions.begin(), directions.end(), is_copy) - directions.begin();
}

bool any(const std::vector<double>& weights) {
  return std::any_of(weights.begin(), weights.end(), [](double w) { return w != 0; });
}

}  // namespace

EditInjection::EditInjection(const Model& model, const std::vector<Direction>& directions,
                             const std::vector<Edit>& columns,
                             const std::vector<int64_t>& timesteps, const EditOptions& options)
    : asymmetric_(options.asymmetric), into_(options.inject_into) {
  const auto steps = static_cast<int64_t>(timesteps.size());
  const auto skipped =
      static_cast<int64_t>(std::llround(options.skip * static_cast<double>(steps)));
  std::vector<at::Tensor> deltas;  // (T, c, h, w) each
  for (const Direction& direction : directions) {
    deltas.push_back(model.state(direction.on_lattice(timesteps)));
  }
  deltas_ = at::stack(deltas).flatten(2);  // (K, T, c·h·w)
  for (const Edit& edit : columns) {
    std::vector<std::vector<double>> steps_of_column(timesteps.size(),
                                                     std::vector<double>(directions.size(), 0));
    for (const WeightedDirection& part : edit) {
      const size_t k = index_of(directions, part.direction);
      for (int64_t step = skipped; step < steps; ++step) {
        if (part.window.contains(step, steps)) steps_of_column[step][k] += part.strength;
      }
    }
    coefficients_.push_back(std::move(steps_of_column));
  }
}

at::Tensor EditInjection::delta_h(int64_t step, int64_t, int64_t first, const at::Tensor& h) {
  std::vector<int64_t> cells(h.size(0));
  std::iota(cells.begin(), cells.end(), first);
  return delta(step, cells, h);
}

at::Tensor EditInjection::delta(int64_t step, const std::vector<int64_t>& cells,
                                const at::Tensor& h) const {
  std::vector<double> weights;  // (B, K)
  for (const int64_t cell : cells) {
    const auto& of_cell = coefficients_[cell % coefficients_.size()][step];
    weights.insert(weights.end(), of_cell.begin(), of_cell.end());
  }
  if (!any(weights)) return {};
  const at::Tensor factors =
      at::tensor(weights, at::kDouble).view({h.size(0), deltas_.size(0)}).to(deltas_.options());
  return at::matmul(factors, deltas_.select(1, step)).view(h.sizes());
}

int64_t EditInjection::first_step(int64_t cell) const {
  const auto& steps = coefficients_[cell % coefficients_.size()];
  return std::find_if(steps.begin(), steps.end(), any) - steps.begin();
}

std::vector<Direction> distinct(const std::vector<Edit>& edits) {
  std::vector<Direction> directions;
  for (const Edit& edit : edits) {
    for (const WeightedDirection& part : edit) {
      if (index_of(directions, part.direction) == directions.size())
        directions.push_back(part.direction);
    }
  }
  return directions;
}

}  // namespace hspace
