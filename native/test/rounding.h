#pragma once

#include <cmath>
#include <cstdint>

namespace hspace::test {

// How far two computations of one value may lie apart when only the order of their operations
// differs, as it does between processors, batch sizes and numbers of threads: the probabilistic
// bound of Higham and Mary (A new approach to probabilistic rounding error analysis, 2019). A chain
// of n operations of unit roundoff u errs by at most λ√n u of the magnitude, but for a chance of
// 2 exp(-λ²/2). Here λ = 8: 3e-14. Either of the two may err.
//
// operations: the longest chain that leads to the value, of a sum of products its terms; magnitude:
// of the largest value on the way
inline double rounding_float64(int64_t operations, double magnitude) {
  return 2 * 8 * std::sqrt(static_cast<double>(operations)) * 0x1p-53 * magnitude;
}

}  // namespace hspace::test
