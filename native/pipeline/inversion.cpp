#include "hspace/inversion.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "files/text.h"
#include "hspace/error.h"
#include "kernels/expect.h"
#include "pipeline/denoiser.h"
#include "pipeline/fixed_point.h"
#include "pipeline/noise.h"
#include "pipeline/option_checks.h"
#include "pipeline/row_steps.h"
#include "pipeline/trajectory_provenance.h"
#include "pipeline/trajectory_rows.h"

namespace hspace {
namespace {

// Least number of iterations for the noiseless steps of a DDPM inversion.
constexpr int64_t kDdpmIterations = 50;

void check_images(const Model& model, const at::Tensor& images, size_t sources) {
  const auto sample = model.sample_shape();
  const int64_t n = static_cast<int64_t>(sources);
  if (n > 0 && images.defined() &&
      images.sizes() == at::IntArrayRef({n, sample[0], sample[1], sample[2]})) {
    return;
  }
  throw Error("images: expected " + std::to_string(n) + " of shape " + std::to_string(sample[0]) +
              " x " + std::to_string(sample[1]) + " x " + std::to_string(sample[2]) +
              " (channels, height, width), found " + describe(images));
}

// One batch's way up the lattice, from x_0 to x_T.
class Path {
 public:
  // x_0 (B, C, H, W); step: runs after each one.
  Path(const Denoiser& denoiser, const at::Tensor& x_0, std::function<void()> step)
      : denoiser_(denoiser), step_(std::move(step)), points_(denoiser.steps() + 1) {
    points_.back() = x_0;
    residual_.resize(x_0.size(0));
  }

  // Sets all points, last first: drawn from x_0 where a step adds noise, solved for where it does
  // not. noise (B, T, C, H, W), or undefined where no step does.
  void climb(const at::Tensor& noise, const InversionOptions& options) {
    const int64_t iterations =
        noise.defined() ? std::max(options.refine, kDdpmIterations) : options.refine;
    for (int64_t i = denoiser_.steps() - 1; i >= 0; --i) {
      if (denoiser_.step(i).sigma > 0) {
        points_[i] = denoiser_.step(i).diffuse(points_.back(), denoiser_.state(noise.select(1, i)));
      } else if (iterations == 0) {
        points_[i] = first_order(denoiser_, i, points_[i + 1]);
      } else {
        FixedPoint solution = solve(denoiser_, i, points_[i + 1], iterations, options.tolerance);
        points_[i] = solution.x;
        for (size_t row = 0; row < residual_.size(); ++row) {
          residual_[row] = std::max(residual_[row], solution.residual[row]);
        }
      }
      step_();
    }
  }

  // Walks down from x_T and finds, at each noisy step, the z (B, T, C, H, W) that leads to the next
  // point.
  void solve_noise(const at::Tensor& z) const {
    z.zero_();
    at::Tensor x = points_[0];
    for (int64_t i = 0; i < denoiser_.steps(); ++i) {
      const at::Tensor mean = denoiser_.mean(i, x);
      const double sigma = denoiser_.step(i).sigma;
      if (sigma == 0) {
        x = mean;
      } else {
        const at::Tensor solved = points_[i + 1].sub(mean).mul(1 / sigma);
        z.select(1, i).copy_(solved);
        x = mean.add(solved, sigma);
      }
      step_();
    }
  }

  const at::Tensor& start() const { return points_[0]; }             // x_T
  const std::vector<double>& residual() const { return residual_; }  // the worst of each row (B)

 private:
  const Denoiser& denoiser_;
  std::function<void()> step_;
  // (B, C, H, W) each: points_[i] is x at the start of step i, the last is x_0.
  std::vector<at::Tensor> points_;
  std::vector<double> residual_;
};

// Rows of (N, C, H, W) as doubles on the CPU (N, CHW).
at::Tensor flat(const at::Tensor& images) {
  return images.detach().cpu().to(at::kDouble).flatten(1);
}

std::vector<double> values(const at::Tensor& t) {
  return {t.const_data_ptr<double>(), t.const_data_ptr<double>() + t.numel()};
}

// ‖found - expected‖ / ‖expected‖ of each row of (N, C, H, W).
std::vector<double> relative_errors(const at::Tensor& expected, const at::Tensor& found) {
  const at::Tensor exact = flat(expected);
  const at::Tensor error = flat(found).sub(exact);
  return values(error.square().sum(1).div(exact.square().sum(1)).sqrt());
}

}  // namespace

void InversionOptions::check() const {
  check_steps(steps);
  check_batch(batch);
  if (refine < 0) throw Error("refine: expected at least 0, found " + std::to_string(refine));
  if (!(tolerance > 0 && std::isfinite(tolerance))) {
    throw Error("tolerance: expected above 0, found " + number_text(tolerance));
  }
}

Inversion invert(const Model& model, const at::Tensor& images,
                 const std::vector<ImageSource>& sources, const InversionOptions& options,
                 Progress& progress) {
  options.check();
  check_images(model, images, sources.size());
  const Lattice lattice = model.schedule().lattice(options.steps);
  const std::vector<double> eta = options.eta.values(options.steps);
  const bool noisy = lattice.adds_noise(eta);
  const int64_t n = images.size(0);
  const Denoiser denoiser(model, lattice, eta, options.h_space, {}, options.conditioning);
  const Noise noise(model.sample_shape());
  const TrajectoryRows rows =
      TrajectoryRows::empty(model, n, lattice.steps(), noisy, options.record_h, options.h_space);
  RowSteps counter(progress, n * lattice.steps() * (noisy ? 3 : 2));
  std::vector<double> residual;
  for (int64_t first = 0; first < n; first += options.batch) {
    const TrajectoryRows part = rows.part(first, std::min(options.batch, n - first));
    const auto step = [&] { counter.add(part.rows()); };
    Path path(denoiser, denoiser.state(images.narrow(0, first, part.rows())), step);
    if (noisy) {
      at::Tensor drawn = at::empty_like(part.z);  // (B, T, C, H, W)
      for (int64_t row = 0; row < part.rows(); ++row) {
        const auto seed = static_cast<uint64_t>(options.seed) + static_cast<uint64_t>(first + row);
        drawn[row].copy_(noise.inversion(static_cast<int64_t>(seed), lattice.steps()));
      }
      path.climb(drawn, options);
      path.solve_noise(part.z);
    } else {
      path.climb({}, options);
    }
    part.x_T.copy_(path.start());
    part.decode(denoiser, step);
    residual.insert(residual.end(), path.residual().begin(), path.residual().end());
  }
  if (!noisy && options.refine == 0) residual = relative_errors(images, rows.x_0);
  return {
      {rows.x_T, rows.z, rows.h, rows.x_0, lattice, inversion_provenance(model, sources, options)},
      psnr(images, rows.x_0),
      residual};
}

Provenance inversion_provenance(const Model& model, const std::vector<ImageSource>& sources,
                                const InversionOptions& options) {
  options.check();
  const std::vector<double> eta = options.eta.values(options.steps);
  const bool noisy = model.schedule().lattice(options.steps).adds_noise(eta);
  Provenance made = trajectory_provenance(model, eta, options.h_space, noisy ? "ddpm" : "ddim",
                                          options.conditioning);
  made.images = sources;
  return made;
}

std::vector<double> psnr(const at::Tensor& expected, const at::Tensor& found) {
  std::vector<double> each = values(flat(found).sub(flat(expected)).square().mean(1));
  for (double& one : each) one = 10 * std::log10(4 / one);
  return each;
}

}  // namespace hspace
