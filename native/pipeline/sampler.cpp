#include "hspace/sampler.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "hspace/error.h"
#include "pipeline/noise.h"
#include "pipeline/option_checks.h"
#include "pipeline/row_steps.h"
#include "pipeline/trajectory_checks.h"
#include "pipeline/trajectory_provenance.h"
#include "pipeline/trajectory_rows.h"

namespace hspace {
namespace {

std::optional<Clipping> clipping(const Model& model, const SamplingOptions& options) {
  if (!options.clip) return {};
  if (model.scheduler().clipping) return model.scheduler().clipping;
  throw Error(
      "clip: expected a scheduler with clip_sample or thresholding, found neither true in " +
      model.parts().scheduler);
}

void check_seeds(const std::vector<int64_t>& seeds) {
  if (seeds.empty()) throw Error("seeds: expected at least one, found none");
}

void check_row(int64_t row, const Trajectory& source) {
  if (row >= 0 && row < source.rows()) return;
  throw Error("row: expected 0 to " + std::to_string(source.rows() - 1) + ", found " +
              std::to_string(row));
}

// The elements of `all` from `first` on, at most `most` of them.
std::vector<int64_t> batch_of(const std::vector<int64_t>& all, int64_t first, int64_t most) {
  const auto begin = all.begin() + first;
  return {begin, begin + std::min(most, all.end() - begin)};
}

// A sampling as its options say it: what all of its batches share.
struct Sampling {
  Sampling(const Model& model, const SamplingOptions& options)
      : model(model),
        options((options.check(), options)),
        lattice(model.schedule().lattice(options.steps)),
        eta(options.eta.values(options.steps)),
        clipped(clipping(model, options)),
        noise(model.sample_shape(), options.noise, options.reference_seeds) {}

  Denoiser denoiser() const {
    return {model, lattice, eta, options.h_space, clipped, options.conditioning};
  }

  TrajectoryRows room(int64_t rows) const {
    return TrajectoryRows::empty(model, rows, lattice.steps(), lattice.adds_noise(eta),
                                 options.record_h, options.h_space);
  }

  // Sets x_T and, where it is there, z.
  void draw(const std::vector<int64_t>& seeds, const TrajectoryRows& rows) const {
    for (size_t i = 0; i < seeds.size(); ++i) {
      const int64_t row = static_cast<int64_t>(i);
      rows.x_T.narrow(0, row, 1).copy_(noise.x_T(seeds[i]));
      if (rows.z.defined()) rows.z[row].copy_(noise.z(seeds[i], model.schedule(), lattice));
    }
  }

  Provenance provenance(const std::vector<int64_t>& seeds) const {
    Provenance made =
        trajectory_provenance(model, eta, options.h_space, "sample", options.conditioning);
    made.seeds = seeds;
    made.reference_seeds = options.reference_seeds;
    if (!options.reference_seeds) made.noise = options.noise;
    made.clipping = clipped;
    return made;
  }

  Trajectory trajectory(const TrajectoryRows& rows, const std::vector<int64_t>& seeds) const {
    return {rows.x_T, rows.z, rows.h, rows.x_0, lattice, provenance(seeds)};
  }

  const Model& model;
  const SamplingOptions& options;
  Lattice lattice;
  std::vector<double> eta;  // (T)
  std::optional<Clipping> clipped;
  Noise noise;
};

}  // namespace

void SamplingOptions::check() const {
  check_steps(steps);
  check_batch(batch);
}

Sampler::Sampler(Model model) : model_(std::move(model)) {}

Trajectory Sampler::sample(const std::vector<int64_t>& seeds, const SamplingOptions& options,
                           Progress& progress) const {
  check_seeds(seeds);
  const Sampling sampling(model_, options);
  const Denoiser denoiser = sampling.denoiser();
  const int64_t n = static_cast<int64_t>(seeds.size());
  const TrajectoryRows rows = sampling.room(n);
  sampling.draw(seeds, rows);
  RowSteps counter(progress, n * denoiser.steps());
  for (int64_t first = 0; first < n; first += options.batch) {
    const TrajectoryRows part = rows.part(first, std::min(options.batch, n - first));
    part.decode(denoiser, [&] { counter.add(part.rows()); });
  }
  return sampling.trajectory(rows, seeds);
}

Trajectory Sampler::draw(const std::vector<int64_t>& seeds, const SamplingOptions& options) const {
  check_seeds(seeds);
  const Sampling sampling(model_, options);
  TrajectoryRows rows =
      TrajectoryRows::empty(model_, static_cast<int64_t>(seeds.size()), sampling.lattice.steps(),
                            sampling.lattice.adds_noise(sampling.eta), false, options.h_space);
  sampling.draw(seeds, rows);
  rows.x_0 = at::Tensor();
  return sampling.trajectory(rows, seeds);
}

void Sampler::stream(const std::vector<int64_t>& seeds, const SamplingOptions& options,
                     TrajectorySink& sink, Progress& progress) const {
  check_seeds(seeds);
  const Sampling sampling(model_, options);
  const Denoiser denoiser = sampling.denoiser();
  const int64_t n = static_cast<int64_t>(seeds.size());
  RowSteps counter(progress, n * denoiser.steps());
  for (int64_t first = 0; first < n; first += options.batch) {
    const std::vector<int64_t> some = batch_of(seeds, first, options.batch);
    const TrajectoryRows rows = sampling.room(static_cast<int64_t>(some.size()));
    sampling.draw(some, rows);
    rows.decode(denoiser, [&] { counter.add(rows.rows()); });
    sink.accept(sampling.trajectory(rows, some));
  }
}

Provenance Sampler::provenance(const std::vector<int64_t>& seeds,
                               const SamplingOptions& options) const {
  return Sampling(model_, options).provenance(seeds);
}

at::Tensor Sampler::decode(const Trajectory& source, const std::vector<int64_t>& rows,
                           Injection* injection, InjectionPoint h_space, int64_t batch,
                           Progress& progress) const {
  if (rows.empty()) throw Error("rows: expected at least one, found none");
  for (const int64_t row : rows) check_row(row, source);
  check_batch(batch);
  check_noise(source);
  const Denoiser denoiser(model_, source.lattice(), source.provenance().eta, h_space,
                          source.provenance().clipping, source.provenance().conditioning);
  const int64_t n = static_cast<int64_t>(rows.size());
  RowSteps counter(progress, n * denoiser.steps());
  std::vector<at::Tensor> images;  // (B, C, H, W) each
  for (int64_t first = 0; first < n; first += batch) {
    const at::Tensor some = at::tensor(batch_of(rows, first, batch));  // (B)
    const at::Tensor z =
        source.z().defined() ? source.z().index_select(0, some) : at::Tensor();  // (B, T, C, H, W)
    images.push_back(denoiser.run(source.x_T().index_select(0, some), z, injection, first, {},
                                  [&] { counter.add(some.size(0)); }));
  }
  return at::cat(images);
}

at::Tensor Sampler::states(const Trajectory& source, int64_t row, int64_t count) const {
  check_row(row, source);
  if (count < 1 || count > source.steps()) {
    throw Error("states: expected 1 to " + std::to_string(source.steps()) + ", found " +
                std::to_string(count));
  }
  check_noise(source);
  const Denoiser denoiser(model_, source.lattice(), source.provenance().eta,
                          source.provenance().h_space, source.provenance().clipping,
                          source.provenance().conditioning);
  const at::Tensor z =
      source.z().defined() ? source.z().narrow(0, row, 1) : at::Tensor();  // (1, T, C, H, W)
  std::vector<at::Tensor> states = {denoiser.state(source.x_T().narrow(0, row, 1))};
  while (static_cast<int64_t>(states.size()) < count) {
    const int64_t i = static_cast<int64_t>(states.size()) - 1;
    states.push_back(denoiser.next(i, states.back(), z));
  }
  return at::cat(states).cpu();
}

}  // namespace hspace
