#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "hspace/edit.h"
#include "hspace/error.h"

namespace hspace {
namespace {

// Replaces every h_t by that of a donor row.
class Replacement : public Injection {
 public:
  Replacement(const Model& model, const at::Tensor& h, const std::vector<int64_t>& donors)
      : model_(model), h_(h), donors_(at::tensor(donors)) {}

  at::Tensor delta_h(int64_t step, int64_t, int64_t first, const at::Tensor& h) override {
    const at::Tensor rows = donors_.narrow(0, first, h.size(0));
    return model_.state(h_.select(1, step).index_select(0, rows)).sub(h);  // (B, c, h, w)
  }

 private:
  const Model& model_;
  const at::Tensor h_;       // (N, T, c, h, w)
  const at::Tensor donors_;  // (M)
};

void check_rows(const char* what, const std::vector<int64_t>& rows, const Trajectory& trajectory) {
  for (const int64_t row : rows) {
    if (row >= 0 && row < trajectory.rows()) continue;
    throw Error(std::string(what) + ": expected 0 to " + std::to_string(trajectory.rows() - 1) +
                ", found " + std::to_string(row));
  }
}

}  // namespace

at::Tensor swap_h(const Model& model, const Trajectory& trajectory,
                  const std::vector<int64_t>& rows, const std::vector<int64_t>& donors,
                  int64_t batch, Progress& progress) {
  if (!trajectory.h().defined()) throw Error("trajectory: expected one with h recorded");
  if (rows.size() != donors.size()) {
    throw Error("donors: expected " + std::to_string(rows.size()) + ", one a row, found " +
                std::to_string(donors.size()));
  }
  check_rows("row", rows, trajectory);
  check_rows("donor", donors, trajectory);
  Replacement replacement(model, trajectory.h(), donors);
  return Sampler(model).decode(trajectory, rows, &replacement, trajectory.provenance().h_space,
                               batch, progress);
}

}  // namespace hspace
