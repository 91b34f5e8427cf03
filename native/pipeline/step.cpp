#include "pipeline/step.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/quantile.h>

#include <algorithm>
#include <cmath>

namespace hspace {

Step Step::of(const Lattice& lattice, int64_t i, double eta, PredictionType prediction,
              const std::optional<Clipping>& clipping) {
  return {lattice.alpha_bar[i],
          lattice.alpha_bar_previous[i],
          lattice.sigma(i, eta),
          prediction,
          clipping,
          clipping && clipping->posterior && eta == 1};
}

double Step::signal() const { return std::sqrt(alpha_bar); }
double Step::spread() const { return std::sqrt(1 - alpha_bar); }
double Step::pull() const {
  return std::sqrt(std::max(0.0, 1 - alpha_bar_previous - sigma * sigma));
}

at::Tensor Step::clean(const at::Tensor& x, const at::Tensor& output) const {
  switch (prediction) {
    case PredictionType::kEpsilon:
      return x.add(output, -spread()).mul(1 / signal());
    case PredictionType::kVPrediction:
      return x.mul(signal()).add(output, -spread());
    case PredictionType::kSample:
      break;
  }
  return output;
}

at::Tensor Step::noise(const at::Tensor& x, const at::Tensor& output) const {
  switch (prediction) {
    case PredictionType::kEpsilon:
      break;
    case PredictionType::kVPrediction:
      return output.mul(signal()).add(x, spread());
    case PredictionType::kSample:
      return x.add(output, -signal()).mul(1 / spread());
  }
  return output;
}

// P_t clipped as the scheduler says.
at::Tensor Step::clipped(const at::Tensor& x, const at::Tensor& output) const {
  const at::Tensor clean = this->clean(x, output);
  if (!clipping) return clean;
  if (clipping->range) return clean.clamp(-*clipping->range, *clipping->range);
  const at::Tensor sizes = clean.abs().flatten(1);  // (B, CHW)
  const at::Tensor quantile =
      at::quantile(sizes, clipping->ratio.value(), 1, /*keepdim=*/true);  // (B, 1)
  const at::Tensor limit = at::minimum(at::maximum(quantile, at::ones_like(quantile)),
                                       at::full_like(quantile, clipping->maximum.value()))
                               .view({-1, 1, 1, 1});  // (B, 1, 1, 1)
  return at::maximum(at::minimum(clean, limit), limit.neg()).div(limit);
}

// The ε of D_t.
at::Tensor Step::direction(const at::Tensor& x, const at::Tensor& output) const {
  if (!posterior) return noise(x, output);
  return x.add(clipped(x, output), -signal()).mul(1 / spread());
}

at::Tensor Step::mean(const at::Tensor& x, const at::Tensor& output_of_p,
                      const at::Tensor& output_of_d) const {
  return clipped(x, output_of_p)
      .mul(std::sqrt(alpha_bar_previous))
      .add(direction(x, output_of_d), pull());
}

at::Tensor Step::backward(const at::Tensor& end, const at::Tensor& noise) const {
  const double ratio = std::sqrt(alpha_bar / alpha_bar_previous);
  return end.mul(ratio).add(noise, spread() - ratio * std::sqrt(1 - alpha_bar_previous));
}

at::Tensor Step::diffuse(const at::Tensor& x_0, const at::Tensor& noise) const {
  return x_0.mul(signal()).add(noise, spread());
}

}  // namespace hspace
