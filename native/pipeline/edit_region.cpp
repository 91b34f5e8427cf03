#include "pipeline/edit_region.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/replication_pad2d.h>

#include <algorithm>
#include <cmath>

namespace hspace {
namespace {

// Gaussians are cut off at three standard deviations.
constexpr double kReach = 3;

// Convolution of maps (B, 1, H, W) with a Gaussian, both axes one after the other; beyond the edge
// the outermost numbers go on.
at::Tensor blurred(const at::Tensor& maps, double deviation) {
  const auto reach = static_cast<int64_t>(std::ceil(kReach * deviation));
  const at::Tensor at = at::arange(-reach, reach + 1, maps.options());
  at::Tensor weights = at::exp(at.square().mul(-0.5 / (deviation * deviation)));
  weights = weights.div(weights.sum());  // (2 reach + 1)
  const at::Tensor padded = at::replication_pad2d(maps, {reach, reach, reach, reach});
  return at::conv2d(at::conv2d(padded, weights.view({1, 1, 1, -1})), weights.view({1, 1, -1, 1}));
}

}  // namespace

at::Tensor edit_region(const at::Tensor& edited, const at::Tensor& unedited, double threshold) {
  const at::Tensor square = edited.sub(unedited).square().mean(1, /*keepdim=*/true);
  const double side = static_cast<double>(std::min(square.size(2), square.size(3)));
  const at::Tensor change = blurred(square, side / 32).clamp_min(0).sqrt();  // (B, 1, H, W)
  return change.gt(change.amax({2, 3}, /*keepdim=*/true).mul(threshold));
}

}  // namespace hspace
