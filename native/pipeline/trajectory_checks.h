#pragma once

#include "hspace/error.h"
#include "hspace/trajectory.h"

namespace hspace {

// Error unless a trajectory has the noise that its steps add.
inline void check_noise(const Trajectory& source) {
  if (source.z().defined() || !source.lattice().adds_noise(source.provenance().eta)) return;
  throw Error("trajectory: expected noise z, because eta is above 0, found none");
}

}  // namespace hspace
