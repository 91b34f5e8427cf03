#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "hspace/direction_set.h"
#include "pipeline/format_file.h"

namespace hspace {

// Value of the metadata "format".
inline constexpr const char* kDirectionFormat = "hspace-directions";

// Reads the rest of a direction file whose provenance is known to be the model's: activations of
// {c, h, w}. Its tensors stay views of the file.
DirectionSet read_directions(const FormatFile& file, const Provenance& provenance,
                             const std::array<int64_t, 3>& activation);

}  // namespace hspace
