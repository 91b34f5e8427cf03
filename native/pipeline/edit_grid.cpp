#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "files/text.h"
#include "hspace/edit.h"
#include "hspace/error.h"
#include "pipeline/finite.h"

namespace hspace {
namespace {

// The sum of each cell's weighted directions, as one product a step: coefficients (B, K) times
// directions (K, c·h·w).
class EditInjection : public Injection {
 public:
  EditInjection(const Model& model, const std::vector<Direction>& directions,
                const std::vector<Edit>& columns, const std::vector<int64_t>& timesteps,
                const EditOptions& options)
      : asymmetric_(options.asymmetric), into_(options.inject_into) {
    const auto steps = static_cast<int64_t>(timesteps.size());
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
        for (int64_t step = 0; step < steps; ++step) {
          if (part.window.contains(step, steps)) steps_of_column[step][k] += part.strength;
        }
      }
      coefficients_.push_back(std::move(steps_of_column));
    }
  }

  at::Tensor delta_h(int64_t step, int64_t, int64_t first, const at::Tensor& h) override {
    const int64_t batch = h.size(0), k = deltas_.size(0);
    std::vector<double> weights;  // (B, K)
    for (int64_t row = first; row < first + batch; ++row) {
      const auto& cell = coefficients_[row % coefficients_.size()][step];
      weights.insert(weights.end(), cell.begin(), cell.end());
    }
    const bool any = std::any_of(weights.begin(), weights.end(), [](double w) { return w != 0; });
    if (!any) return {};
    const at::Tensor factors =
        at::tensor(weights, at::kDouble).view({batch, k}).to(deltas_.options());
    return at::matmul(factors, deltas_.select(1, step)).view(h.sizes());
  }

  bool asymmetric() const override { return asymmetric_; }
  InjectInto into() const override { return into_; }

  // Where the direction is among others; their number when it is not. It is another's copy when it
  // shares its Δh and is meant for the same timesteps.
  static size_t index_of(const std::vector<Direction>& directions, const Direction& direction) {
    const auto is_copy = [&](const Direction& other) {
      return other.delta().is_same(direction.delta()) &&
             other.timesteps() == direction.timesteps() && other.h_space() == direction.h_space();
    };
    return std::find_if(directions.begin(), directions.end(), is_copy) - directions.begin();
  }

 private:
  at::Tensor deltas_;                                           // (K, T, c·h·w)
  std::vector<std::vector<std::vector<double>>> coefficients_;  // [column][step][direction]
  bool asymmetric_;
  InjectInto into_;
};

std::vector<Direction> distinct(const std::vector<Edit>& edits) {
  std::vector<Direction> directions;
  for (const Edit& edit : edits) {
    for (const WeightedDirection& part : edit) {
      if (EditInjection::index_of(directions, part.direction) == directions.size())
        directions.push_back(part.direction);
    }
  }
  return directions;
}

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

}  // namespace

at::Tensor edit_grid(const Model& model, const Trajectory& trajectory,
                     const std::vector<Edit>& columns, const EditOptions& options,
                     Progress& progress) {
  if (columns.empty()) throw Error("edits: expected at least one, found none");
  const std::vector<Direction> directions = distinct(columns);
  const InjectionPoint point = common_point(model, directions, trajectory.provenance().h_space);
  check_strengths(model, columns);
  std::optional<EditInjection> injection;
  if (!directions.empty()) {
    injection.emplace(model, directions, columns, trajectory.lattice().timesteps, options);
  }
  std::vector<int64_t> rows;  // of the trajectory, a cell each
  for (int64_t row = 0; row < trajectory.rows(); ++row) {
    rows.insert(rows.end(), columns.size(), row);
  }
  return Sampler(model).decode(trajectory, rows, injection ? &*injection : nullptr, point,
                               options.batch, progress);
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
