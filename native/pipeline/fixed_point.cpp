#include "pipeline/fixed_point.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/anderson.h"

namespace hspace {
namespace {

// backward(x_p, ε(x)) for step i
at::Tensor image_of(const Denoiser& denoiser, int64_t i, const at::Tensor& end,
                    const at::Tensor& x) {
  return denoiser.step(i).backward(end, denoiser.noise(i, x));
}

// Euclidean norm of each row (B).
std::vector<double> norms(const at::Tensor& t) {
  const at::Tensor each = t.to(at::kDouble).square().flatten(1).sum(1).sqrt().cpu();
  return {each.const_data_ptr<double>(), each.const_data_ptr<double>() + each.numel()};
}

// Rows of a where the flag is 1, rows of b elsewhere.
at::Tensor choose(const std::vector<uint8_t>& flags, const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor rows = at::tensor(flags).view({-1, 1, 1, 1}).to(a.device(), at::kBool);
  return at::where(rows, a, b);
}

}  // namespace

at::Tensor first_order(const Denoiser& denoiser, int64_t i, const at::Tensor& end) {
  return denoiser.finite(i, end, image_of(denoiser, i, end, end));
}

FixedPoint solve(const Denoiser& denoiser, int64_t i, const at::Tensor& end, int64_t refine,
                 double tolerance) {
  const Step& step = denoiser.step(i);
  // backward(x_p, ε(x)) - x = √(ᾱ_t/ᾱ_p) (x_p - f(x))
  const double to_residual = std::sqrt(step.alpha_bar_previous / step.alpha_bar);
  std::vector<double> scale = norms(end);
  std::replace(scale.begin(), scale.end(), 0.0, 1.0);  // nothing to be relative to
  std::vector<double> best(scale.size(), std::numeric_limits<double>::infinity());
  at::Tensor x = first_order(denoiser, i, end);
  at::Tensor kept = x;
  AndersonMixing mixing;
  for (int64_t k = 0;; ++k) {
    const at::Tensor image = image_of(denoiser, i, end, x);
    const std::vector<double> change = norms(image.sub(x));
    std::vector<uint8_t> better(best.size());
    bool settled = true;
    for (size_t row = 0; row < best.size(); ++row) {
      const double residual = change[row] * to_residual / scale[row];
      better[row] = residual < best[row];
      if (better[row]) best[row] = residual;
      settled &= best[row] <= tolerance || !std::isfinite(residual);
    }
    kept = choose(better, x, kept);
    if (settled || k == refine) return {kept, best};
    x = mixing.next(x, image);
  }
}

}  // namespace hspace
