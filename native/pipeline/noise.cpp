#include "pipeline/noise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randn.h>

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

}  // namespace

at::Tensor Noise::x_T(int64_t seed) const {
  return draw(reference_ ? static_cast<uint64_t>(seed) : stream(seed, Purpose::kStart), 1);
}

at::Tensor Noise::z(int64_t seed, int64_t steps) const {
  return draw(reference_ ? static_cast<uint64_t>(seed) + 1 : stream(seed, Purpose::kSteps), steps);
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
