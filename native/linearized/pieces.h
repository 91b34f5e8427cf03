#pragma once

#include <algorithm>
#include <cstdint>

namespace hspace {

// How many tangents go through a block of the decoder at once: few enough that an activation stays
// in the processor's cache from one layer to the next, and enough that a convolution's weights are
// not read for every tangent anew. activation_bytes: of the block's output, for one tangent.
inline int64_t tangents_a_piece(int64_t activation_bytes) {
  constexpr int64_t kBytes = int64_t{2} << 20;
  return std::max<int64_t>(1, kBytes / activation_bytes);
}

}  // namespace hspace
