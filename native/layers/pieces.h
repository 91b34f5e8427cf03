#pragma once

#include <algorithm>
#include <cstdint>

namespace hspace {

// How many tangents go through a block of the decoder at once: few enough that memory does not grow
// with the batch and an activation stays in the last cache, and enough that a convolution's weights
// are not read for every tangent anew. activation_bytes: of the block's output, for one tangent.
inline int64_t tangents_a_piece(int64_t activation_bytes) {
  constexpr int64_t kBytes = int64_t{8} << 20;  // 1 to 8 MiB measured: 8 is fastest by a tenth
  return std::max<int64_t>(1, kBytes / activation_bytes);
}

}  // namespace hspace
