#include "hspace/jacobian.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <numeric>

#include "hspace/error.h"
#include "linalg/pencil.h"
#include "pipeline/output_mask.h"

namespace hspace {

namespace {

// The chosen ones of n steps, ascending, each once.
std::vector<int64_t> chosen(std::vector<int64_t> steps, int64_t n) {
  if (steps.empty()) {
    steps.resize(n);
    std::iota(steps.begin(), steps.end(), 0);
  }
  for (const int64_t step : steps) {
    if (step >= 0 && step < n) continue;
    throw Error("timesteps: expected steps from 0 to " + std::to_string(n - 1) + ", found " +
                std::to_string(step));
  }
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  return steps;
}

// Tells of timesteps that are done.
class TimestepProgress : public SvdProgress {
 public:
  TimestepProgress(Progress& progress, int64_t end, int64_t all)
      : progress_(progress), end_(end), all_(all) {}

  bool sweep(int64_t active, int64_t, double) override {
    return progress_.update(end_ - active, all_, "steps");
  }

 private:
  Progress& progress_;
  int64_t end_;  // timesteps that are done after this turn
  int64_t all_;
};

// M of every channel (C, H, W). Error when it does not fit the images.
at::Tensor whole(const at::Tensor& mask, const at::Tensor& x) {
  check_mask(mask, x);
  return mask[0].expand_as(x[0]);
}

// How many timesteps of n a turn takes, given what one takes: as few turns as fit, of equal length.
int64_t turn(int64_t n, int64_t memory, int64_t bytes) {
  const int64_t fitting = std::clamp<int64_t>(memory / bytes, 1, n);
  const int64_t turns = (n + fitting - 1) / fitting;
  return (n + turns - 1) / turns;
}

}  // namespace

std::vector<Svd> jacobian_singular_vectors(const GuidedUNet& unet, const at::Tensor& x,
                                           const std::vector<int64_t>& timesteps,
                                           InjectionPoint h_space, const JacobianOptions& options,
                                           Progress& progress) {
  options.svd.check();
  const bool local = options.keep_outside != 0;
  if (local && !options.mask.defined()) {
    throw Error("keep_outside: expected a mask to keep what is outside of");
  }
  const std::vector<int64_t> steps = chosen(options.steps, static_cast<int64_t>(timesteps.size()));
  const auto n = static_cast<int64_t>(steps.size());
  std::vector<Svd> found;
  int64_t count = 1;  // the first timestep alone tells what one takes
  for (int64_t first = 0; first < n; first = static_cast<int64_t>(found.size())) {
    const std::vector<int64_t> some(steps.begin() + first,
                                    steps.begin() + std::min(n, first + count));
    std::vector<int64_t> at_timesteps;
    for (const int64_t step : some) at_timesteps.push_back(timesteps[step]);
    const DenoiserJacobian map(unet, x.index_select(0, at::tensor(some)), at_timesteps, some,
                               h_space, local ? at::Tensor() : options.mask, options.inject_into);
    const int64_t bytes = map.bytes() / map.problems() +
                          (local ? pencil_bytes(map, options.svd) : solver_bytes(map, options.svd));
    if (options.memory < bytes) {
      throw Error("memory: expected at least " + std::to_string(bytes) +
                  " bytes, what one timestep takes, found " + std::to_string(options.memory));
    }
    if (first == 0 && count == 1 && turn(n, options.memory, bytes) > 1) {
      // Linearised again, with as many timesteps as fit: one pass of the decoder more, which costs
      // less than solving the first timestep alone would.
      count = turn(n, options.memory, bytes);
      continue;
    }
    TimestepProgress counter(progress, first + map.problems(), n);
    std::vector<Svd> solved = local ? pencil_vectors(map, whole(options.mask, x),
                                                     options.keep_outside, options.svd, counter)
                                    : singular_vectors(map, options.svd, counter);
    std::move(solved.begin(), solved.end(), std::back_inserter(found));
  }
  return found;
}

}  // namespace hspace
