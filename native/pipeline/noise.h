#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace hspace {

// Standard normal noise from seeds. A seed's noise depends on the seed and the purpose alone, never
// on the batch: each purpose of each seed has a stream of its own in LibTorch's CPU generator,
// drawn in single precision.
//
// The Mersenne twister behind that generator uses only 32 bits of its seed. Seed and purpose are
// mapped to them one to one for seeds from 0 to 2^30 - 1, so no two of those share a stream; others
// are folded in and may, by chance, collide.
class Noise {
 public:
  // sample: {C, H, W}. reference: the Python reference's convention instead, the generator seeded
  // with the seed itself for x_T, and with seed + 1 for z (whence sample s's z begins as sample
  // s + 1's x_T).
  explicit Noise(const std::array<int64_t, 3>& sample, bool reference = false)
      : sample_(sample), reference_(reference) {}

  // The start of a trajectory, x_T (1, C, H, W), float32.
  at::Tensor x_T(int64_t seed) const;
  // The noise added on the way, z (T, C, H, W), float32.
  at::Tensor z(int64_t seed, int64_t steps) const;
  // The noise of independently drawn x_t, for inverting an image: (T, C, H, W), float32.
  at::Tensor inversion(int64_t seed, int64_t steps) const;
  // The noise of relaxed steps of an edit: (T, C, H, W), float32.
  at::Tensor relaxed(int64_t seed, int64_t steps) const;

 private:
  at::Tensor draw(uint64_t state, int64_t count) const;

  std::array<int64_t, 3> sample_;
  bool reference_;
};

}  // namespace hspace
