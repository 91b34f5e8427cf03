#include "pipeline/local_edit.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <utility>

#include "pipeline/denoiser.h"
#include "pipeline/noise.h"
#include "pipeline/row_steps.h"
#include "pipeline/trajectory_checks.h"

namespace hspace {
namespace {

// Some cells' edits, for a batch that holds these and no others.
class Chosen : public Injection {
 public:
  Chosen(const EditInjection& edits, std::vector<int64_t> cells)
      : edits_(edits), cells_(std::move(cells)) {}

  at::Tensor delta_h(int64_t step, int64_t, int64_t, const at::Tensor& h) override {
    return edits_.delta(step, cells_, h);
  }
  bool asymmetric() const override { return edits_.asymmetric(); }
  InjectInto into() const override { return edits_.into(); }

 private:
  const EditInjection& edits_;
  const std::vector<int64_t> cells_;
};

// Noise of one step (B, C, H, W) of trajectories' z; undefined where there is none.
at::Tensor step_noise(const Denoiser& denoiser, const at::Tensor& z, int64_t step) {
  return z.defined() ? denoiser.state(z.select(1, step)) : at::Tensor();
}

// Cells of successive rows, with the unedited passes of these.
class Batch {
 public:
  Batch(const Denoiser& denoiser, const Trajectory& trajectory, const EditInjection& edits,
        const EditOptions& options, const at::Tensor& regions)
      : denoiser_(denoiser),
        trajectory_(trajectory),
        edits_(edits),
        options_(options),
        regions_(regions) {}

  // x_0 (count, C, H, W) of cells from `first` on, `columns` of which are a row's.
  at::Tensor run(const Model& model, int64_t first, int64_t count, int64_t columns,
                 RowSteps& counter) {
    const int64_t first_row = first / columns, rows = (first + count - 1) / columns - first_row + 1;
    std::vector<int64_t> row_of;  // among these rows
    for (int64_t cell = first; cell < first + count; ++cell)
      row_of.push_back(cell / columns - first_row);
    at::Tensor plain = denoiser_.state(trajectory_.x_T().narrow(0, first_row, rows));
    const at::Tensor z = trajectory_.z().defined() ? trajectory_.z().narrow(0, first_row, rows)
                                                   : at::Tensor();  // (R, T, C, H, W)
    const at::Tensor anew = new_noise(model, first_row, rows);      // likewise
    at::Tensor x = plain.index_select(0, device_indices(row_of, plain));
    for (int64_t i = 0; i < denoiser_.steps(); ++i) {
      const Denoiser::Prediction unedited = denoiser_.predict(i, plain);
      const at::Tensor noise = step_noise(denoiser_, z, i);
      const at::Tensor next_plain =
          denoiser_.finite(i, plain, landing(denoiser_.step(i), plain, unedited, noise));
      std::vector<int64_t> begun, places, rows_of_begun;  // cells that are edited by now
      for (int64_t place = 0; place < count; ++place) {
        if (edits_.first_step(first + place) > i) continue;
        begun.push_back(first + place);
        places.push_back(place);
        rows_of_begun.push_back(row_of[place]);
      }
      at::Tensor next = next_plain.index_select(0, device_indices(row_of, plain));
      if (!begun.empty()) {
        const at::Tensor at = device_indices(places, x);
        const at::Tensor of = device_indices(rows_of_begun, x);
        next.index_copy_(
            0, at,
            edited(i, x.index_select(0, at), begun, next_plain.index_select(0, of),
                   noise.defined() ? noise.index_select(0, of) : noise,
                   anew.defined() ? step_noise(denoiser_, anew, i).index_select(0, of) : anew));
      }
      plain = next_plain;
      x = next;
      counter.add(count);
    }
    return x.cpu();
  }

 private:
  static at::Tensor device_indices(const std::vector<int64_t>& indices, const at::Tensor& like) {
    return at::tensor(indices).to(like.device());
  }

  static at::Tensor landing(const Step& step, const at::Tensor& x, const Denoiser::Prediction& said,
                            const at::Tensor& noise) {
    const at::Tensor mean = step.mean(x, said.of_p, said.of_d);
    return step.sigma == 0 ? mean : mean.add(noise, step.sigma);
  }

  // The noise that relaxed steps draw (R, T, C, H, W); undefined where they draw none.
  at::Tensor new_noise(const Model& model, int64_t first_row, int64_t rows) const {
    if (options_.relax.value_or(0) == 0 || !trajectory_.z().defined()) return {};
    const Noise noise(model.sample_shape());
    std::vector<at::Tensor> each;  // (1, T, C, H, W)
    for (int64_t row = first_row; row < first_row + rows; ++row)
      each.push_back(noise.relaxed(options_.seed + row, denoiser_.steps()).unsqueeze(0));
    return at::cat(each);
  }

  // x_p of edited cells from their x_t, and from what their rows' unedited passes have at this
  // step: x_p, the noise on the way there, and that of a relaxed step.
  at::Tensor edited(int64_t i, const at::Tensor& x, const std::vector<int64_t>& cells,
                    const at::Tensor& next_plain, const at::Tensor& noise,
                    const at::Tensor& anew) const {
    const Step& step = denoiser_.step(i);
    Chosen injection(edits_, cells);
    const Denoiser::Prediction said = denoiser_.predict(i, x, &injection);
    at::Tensor next = denoiser_.finite(i, x, landing(step, x, said, noise), /*injected=*/true);
    const at::Tensor inside = regions_.size(0) == 1
                                  ? regions_
                                  : regions_.index_select(0, device_indices(cells, regions_));
    if (options_.relax && step.sigma > 0) {
      Step relaxed = step;
      relaxed.sigma *= *options_.relax;
      next = at::where(inside, landing(relaxed, x, said, anew), next);
    }
    return options_.keep_background ? at::where(inside, next, next_plain) : next;
  }

  const Denoiser& denoiser_;
  const Trajectory& trajectory_;
  const EditInjection& edits_;
  const EditOptions& options_;
  const at::Tensor regions_;  // (1 or all cells, 1, H, W), true inside
};

}  // namespace

at::Tensor decode_locally(const Model& model, const Trajectory& trajectory, int64_t columns,
                          const EditInjection& edits, const at::Tensor& regions,
                          InjectionPoint h_space, const EditOptions& options, Progress& progress) {
  check_noise(trajectory);
  const Denoiser denoiser(model, trajectory.lattice(), trajectory.provenance().eta, h_space,
                          trajectory.provenance().clipping, trajectory.provenance().conditioning);
  const int64_t cells = trajectory.rows() * columns;
  RowSteps counter(progress, cells * denoiser.steps());
  Batch batch(denoiser, trajectory, edits, options, regions);
  std::vector<at::Tensor> images;  // (B, C, H, W) each
  for (int64_t first = 0; first < cells; first += options.batch) {
    images.push_back(
        batch.run(model, first, std::min(options.batch, cells - first), columns, counter));
  }
  return at::cat(images);
}

}  // namespace hspace
