#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace hspace {

// Increments of one Brownian path W between points of a fixed clock, however they are asked for: a
// virtual Brownian tree (Li et al. 2020, "Scalable Gradients for Stochastic Differential
// Equations"). Nothing of the path is kept. Each point between the ends halves one interval of the
// tree, and W there is the Brownian bridge over that interval plus noise of the point's own, so the
// increment between two points is the same whichever others are asked for, and the sum of those
// between.
class BrownianPath {
 public:
  // Standard normal noise of a point's own, the same each time.
  using Normal = std::function<at::Tensor(int64_t point)>;

  // clock: time of each point (N), N >= 2, not falling.
  explicit BrownianPath(std::vector<double> clock);

  // (W(cuts[i + 1]) - W(cuts[i])) / √(time between), standard normal and independent of one
  // another; 0 where no time passes. cuts: points, rising, at least one. → one less than cuts
  std::vector<at::Tensor> increments(const std::vector<int64_t>& cuts, const Normal& normal) const;

 private:
  std::vector<double> clock_;
};

}  // namespace hspace
