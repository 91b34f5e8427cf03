#pragma once

#include <array>
#include <cstdint>

#include "hspace/trajectory.h"
#include "pipeline/format_file.h"

namespace hspace {

// Value of the metadata "format".
inline constexpr const char* kTrajectoryFormat = "hspace-trajectory";

// Reads the rest of a trajectory file whose provenance is known to be the model's: samples of
// {C, H, W}, activations of {c, h, w}. Its tensors stay views of the file.
Trajectory read_trajectory(const FormatFile& file, const Provenance& provenance,
                           const NoiseSchedule& schedule, const std::array<int64_t, 3>& sample,
                           const std::array<int64_t, 3>& activation);

}  // namespace hspace
