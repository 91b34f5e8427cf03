#include "pipeline/edit_injection.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <utility>

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
  if (!deltas.empty()) deltas_ = at::stack(deltas).flatten(2);  // (K, T, c·h·w)
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
  for (const auto& own : coefficients_) {
    std::vector<int64_t> like;
    for (int64_t step = 0; step < steps; ++step) {
      const auto equal = [&](const auto& other) { return other[step] == own[step]; };
      const auto first = std::find_if(coefficients_.begin(), coefficients_.end(), equal);
      like.push_back(any(own[step]) ? first - coefficients_.begin() : kUnedited);
    }
    like_.push_back(std::move(like));
  }
}

at::Tensor EditInjection::delta(int64_t step, const std::vector<int64_t>& columns,
                                const at::Tensor& h) const {
  std::vector<double> weights;  // (B, K)
  for (const int64_t column : columns) {
    if (column == kUnedited) {
      weights.resize(weights.size() + coefficients_[0][step].size());
    } else {
      const auto& of_column = coefficients_[column][step];
      weights.insert(weights.end(), of_column.begin(), of_column.end());
    }
  }
  if (!any(weights)) return {};
  const at::Tensor factors =
      at::tensor(weights, at::kDouble).view({h.size(0), deltas_.size(0)}).to(deltas_.options());
  return at::matmul(factors, deltas_.select(1, step)).view(h.sizes());
}

int64_t EditInjection::same(int64_t column) const {
  return std::find(like_.begin(), like_.end(), like_[column]) - like_.begin();
}

int64_t EditInjection::first_step(int64_t column) const {
  const auto& steps = coefficients_[column];
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
