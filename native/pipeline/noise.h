#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "hspace/noise_schedule.h"
#include "hspace/provenance.h"

namespace hspace {

// Standard normal noise from seeds. A seed's noise depends on the seed and the purpose alone, never
// on the batch.
//
// x_T, the noise of inversions, and z of StepNoise::kSteps: each purpose of each seed has a stream
// of its own in LibTorch's CPU generator, drawn in single precision. The Mersenne twister behind
// that generator uses only 32 bits of its seed. Seed and purpose are mapped to them one to one for
// seeds from 0 to 2^30 - 1, so no two of those share a stream; others are folded in and may, by
// chance, collide.
//
// z of StepNoise::kBrownian: the step from t to p takes the increment between t and p of the seed's
// one Brownian path, divided by its standard deviation, so that the noise of a step is the weighted
// sum of that of the finer steps that it stands for. The path's clock is the signal-to-noise ratio
// u = ᾱ/(1-ᾱ). At η = 1 a step draws x_p from the Gaussian of x_p given x_t and x_0 = P_t, a
// Brownian bridge: x_p/√ᾱ_p - P_t is (u_t/u_p) (x_t/√ᾱ_t - P_t) + (W(u_p) - W(u_t))/u_p. So with
// this clock the steps of two lattices that share timesteps agree there exactly as long as P_t does
// not change, and they part only by how much it does. The path's points are the training timesteps;
// their noise comes from Philox 4x32-10, a counter-based generator, keyed by seed and point.
class Noise {
 public:
  // sample: {C, H, W}. kind: where z comes from. reference: the Python reference's convention
  // instead, the generator seeded with the seed itself for x_T, and with seed + 1 for z, which is
  // then of kSteps (whence sample s's z begins as sample s + 1's x_T).
  explicit Noise(const std::array<int64_t, 3>& sample, StepNoise kind = StepNoise::kBrownian,
                 bool reference = false)
      : sample_(sample), kind_(reference ? StepNoise::kSteps : kind), reference_(reference) {}

  // The start of a trajectory, x_T (1, C, H, W), float32.
  at::Tensor x_T(int64_t seed) const;
  // The noise added on the way, z (T, C, H, W), float32. Of kBrownian it is 0 where a step adds
  // none at any η. schedule: whose the lattice is.
  at::Tensor z(int64_t seed, const NoiseSchedule& schedule, const Lattice& lattice) const;
  // The noise of independently drawn x_t, for inverting an image: (T, C, H, W), float32.
  at::Tensor inversion(int64_t seed, int64_t steps) const;
  // The noise of relaxed steps of an edit: (T, C, H, W), float32.
  at::Tensor relaxed(int64_t seed, int64_t steps) const;

 private:
  at::Tensor brownian(int64_t seed, const NoiseSchedule& schedule, const Lattice& lattice) const;
  at::Tensor draw(uint64_t state, int64_t count) const;

  std::array<int64_t, 3> sample_;
  StepNoise kind_;
  bool reference_;
};

}  // namespace hspace
