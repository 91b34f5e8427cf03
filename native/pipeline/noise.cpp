#include "pipeline/noise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/PhiloxRNGEngine.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "pipeline/brownian_path.h"

namespace hspace {
namespace {

enum class Purpose : uint32_t { kStart, kSteps, kInversion, kRelaxed };

// MurmurHash3's finaliser: a bijection of the 32-bit integers that leaves 0 where it is.
uint32_t mix(uint32_t key) {
  key ^= key >> 16;
  key *= 0x85ebca6b;
  key ^= key >> 13;
  key *= 0xc2b2ae35;
  return key ^ key >> 16;
}

// The generator's seed.
uint64_t stream(int64_t seed, Purpose purpose) {
  const auto bits = static_cast<uint64_t>(seed);
  const uint32_t low = static_cast<uint32_t>(bits << 2) + static_cast<uint32_t>(purpose);
  return mix(low ^ mix(static_cast<uint32_t>(bits >> 30)));
}

// `count` standard normal numbers, float32, by Box and Muller: √(-2 ln u) cos 2πv and
// √(-2 ln u) sin 2πv, with u and v of 24 bits.
at::Tensor philox_normal(uint64_t key, uint64_t subsequence, int64_t count) {
  const int64_t pairs = (count + 1) / 2;
  at::Tensor bits = at::empty({2, pairs}, at::kFloat);
  at::philox_engine engine(key, subsequence);
  auto* numbers = bits.data_ptr<float>();
  for (int64_t i = 0; i < 2 * pairs; ++i) numbers[i] = static_cast<float>(engine() >> 8);
  const double unit = std::ldexp(1.0, -24);
  const at::Tensor radius = bits[0].add(1).mul_(unit).log_().mul_(-2).sqrt_();  // u in (0, 1]
  const at::Tensor angle = bits[1].mul(2 * M_PI * unit);                        // v in [0, 1)
  return at::cat({radius * angle.cos(), radius * angle.sin()}).narrow(0, 0, count);
}

// ᾱ/(1-ᾱ) at each training timestep, last timestep first: time runs as sampling does.
std::vector<double> signal_to_noise(const NoiseSchedule& schedule) {
  std::vector<double> clock;
  for (int64_t t = schedule.train_timesteps() - 1; t >= 0; --t) {
    const double alpha = schedule.alpha_bar(t);
    const double noise = std::max(1 - alpha, std::numeric_limits<double>::epsilon());
    clock.push_back(alpha / noise);
  }
  return clock;
}

}  // namespace

at::Tensor Noise::x_T(int64_t seed) const {
  return draw(reference_ ? static_cast<uint64_t>(seed) : stream(seed, Purpose::kStart), 1);
}

at::Tensor Noise::z(int64_t seed, const NoiseSchedule& schedule, const Lattice& lattice) const {
  if (kind_ == StepNoise::kBrownian) return brownian(seed, schedule, lattice);
  return draw(reference_ ? static_cast<uint64_t>(seed) + 1 : stream(seed, Purpose::kSteps),
              lattice.steps());
}

at::Tensor Noise::brownian(int64_t seed, const NoiseSchedule& schedule,
                           const Lattice& lattice) const {
  const int64_t steps = lattice.steps(), last = schedule.train_timesteps() - 1;
  std::vector<int64_t> cuts;
  for (const int64_t t : lattice.timesteps) cuts.push_back(last - t);
  // The last step ends at ᾱ_0 or at 1; to 1 no noise is added.
  const bool to_image = lattice.sigma(steps - 1, 1) == 0;
  if (!to_image) cuts.push_back(last);
  const int64_t count = sample_[0] * sample_[1] * sample_[2];
  std::vector<at::Tensor> each =
      BrownianPath(signal_to_noise(schedule)).increments(cuts, [&](int64_t point) {
        return philox_normal(static_cast<uint64_t>(seed), static_cast<uint64_t>(point), count);
      });
  if (to_image) each.push_back(at::zeros({count}, at::kFloat));
  return at::stack(each).view({steps, sample_[0], sample_[1], sample_[2]});
}

at::Tensor Noise::inversion(int64_t seed, int64_t steps) const {
  return draw(stream(seed, Purpose::kInversion), steps);
}

at::Tensor Noise::relaxed(int64_t seed, int64_t steps) const {
  return draw(stream(seed, Purpose::kRelaxed), steps);
}

at::Tensor Noise::draw(uint64_t state, int64_t count) const {
  const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(state);
  return at::randn({count, sample_[0], sample_[1], sample_[2]}, generator,
                   at::TensorOptions(at::kFloat));
}

}  // namespace hspace
