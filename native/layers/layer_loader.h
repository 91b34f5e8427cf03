#pragma once

#include <cstdint>
#include <optional>

#include "files/weight_map.h"
#include "hspace/config.h"
#include "layers/execution.h"
#include "layers/time_embedding.h"

namespace hspace {

// What layers are built from.
struct LayerLoader {
  // How residual blocks take part in the time.
  struct Time {
    TimeProjections& projections;
    int64_t width;  // of the time embedding
    TimeScaleShift scale_shift;
  };

  WeightMap& weights;
  const Placement& placement;
  // Of group normalisations, where a layer does not say otherwise.
  int64_t norm_groups;
  double norm_eps;
  std::optional<Time> time;  // absent in networks that know no time
};

}  // namespace hspace
