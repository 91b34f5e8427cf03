#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <string>

#include "files/text.h"
#include "hspace/edit.h"
#include "hspace/error.h"
#include "kernels/expect.h"
#include "pipeline/edit_injection.h"
#include "pipeline/edit_region.h"
#include "pipeline/finite.h"
#include "pipeline/local_edit.h"
#include "pipeline/option_checks.h"

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

// One of two passes that are equally long, to a listener of both.
class Half : public Progress {
 public:
  Half(Progress& whole, int64_t before) : whole_(whole), before_(before) {}

  bool update(int64_t done, int64_t total, const char* unit) override {
    return whole_.update(before_ * total + done, 2 * total, unit);
  }
  void warn(const std::string& message) override { whole_.warn(message); }

 private:
  Progress& whole_;
  const int64_t before_;
};

// Error naming the option unless the number is from 0 to 1.
void check_share(const char* option, double share) {
  if (share >= 0 && share <= 1) return;  // not so where it is NaN
  throw Error(std::string(option) + ": expected 0 to 1, found " + number_text(share));
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
                     Progress& progress) {
  if (columns.empty()) throw Error("edits: expected at least one, found none");
  options.check();
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
  const Sampler sampler(model);
  const auto everywhere = [&](Progress& heard) {
    return sampler.decode(trajectory, rows, injection ? &*injection : nullptr, point, options.batch,
                          heard);
  };
  if (!injection || !options.local()) return everywhere(progress);
  const auto width = static_cast<int64_t>(columns.size());
  const auto inside = [&](const at::Tensor& regions, Progress& heard) {
    return decode_locally(model, trajectory, width, *injection, regions, point, options, heard);
  };
  if (options.mask.defined()) return inside(checked_mask(model, options.mask), progress);
  Half first(progress, 0), second(progress, 1);
  const at::Tensor edited = everywhere(first);
  std::vector<int64_t> all(trajectory.rows());
  std::iota(all.begin(), all.end(), 0);
  const at::Tensor unedited = trajectory.x_0().defined()
                                  ? trajectory.x_0()
                                  : sampler.decode(trajectory, all, nullptr, point, options.batch);
  const at::Tensor regions =
      edit_region(edited, unedited.index_select(0, at::tensor(rows)).to(edited), options.threshold);
  return inside(regions.to(model.options().device), second);
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
