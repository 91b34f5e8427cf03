#pragma once

#include <cstdint>
#include <string>

#include "hspace/error.h"

namespace hspace {

// No model has more training timesteps; how many its own has, only its schedule knows.
inline constexpr int64_t kMostSteps = 1'000'000;

// An Error names the option.
inline void check_steps(int64_t steps) {
  if (steps >= 1 && steps <= kMostSteps) return;
  throw Error("steps: expected 1 to " + std::to_string(kMostSteps) + ", found " +
              std::to_string(steps));
}

inline void check_batch(int64_t batch) {
  if (batch < 1) throw Error("batch: expected at least 1, found " + std::to_string(batch));
}

}  // namespace hspace
