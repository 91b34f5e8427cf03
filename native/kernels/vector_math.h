#pragma once

#include <cstdint>
#include <cstring>

// Scalar functions without branches or calls, which the compiler turns into vector code in the
// loops they are inlined into.

// Compiles a function for AVX-512 as well; the loader picks the version for the machine. It does so
// before ThreadSanitizer can run.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define HSPACE_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "default")))
#else
#define HSPACE_MULTIVERSION
#endif
#define HSPACE_INLINE inline __attribute__((always_inline))

namespace hspace {

using BFloat16Bits = uint16_t;

template <typename To, typename From>
HSPACE_INLINE To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

HSPACE_INLINE float load(const float* p) { return *p; }
HSPACE_INLINE float load(const BFloat16Bits* p) {
  return bit_cast<float>(static_cast<uint32_t>(*p) << 16);
}
HSPACE_INLINE void store(float value, float* p) { *p = value; }
HSPACE_INLINE void store(float value, BFloat16Bits* p) {  // rounded to nearest, ties to even
  const uint32_t bits = bit_cast<uint32_t>(value);
  *p = static_cast<BFloat16Bits>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

// e^x to 2 ulp: 2^n e^r with r = x - n ln 2, and a polynomial of degree 6 on |r| <= ln 2 / 2.
HSPACE_INLINE float exponential(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float shifted = x * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;  // ln 2 in two pieces
  float p = 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const int32_t exponent = bit_cast<int32_t>(shifted) - bit_cast<int32_t>(kRound);
  return p * bit_cast<float>((exponent + 127) << 23);
}

// x σ(x)
HSPACE_INLINE float silu(float x) { return x / (1.0f + exponential(-x)); }

// x Φ(x). With z = |x| / √2, Φ(-|x|) = erfc(z) / 2 and erfc(z) = t P(t) e^(-z²), t = 1 / (1 + 0.4
// z): P is the polynomial of degree 8 of least relative error (6e-8) on 0 <= z <= 9.5.
HSPACE_INLINE float gelu(float x) {
  const float size = x < 0 ? -x : x;
  const float t = 1.0f / (1.0f + 0.282842712f * size);
  float p = 0.0402675647f;
  p = p * t - 0.135471417f;
  p = p * t + 0.0738428142f;
  p = p * t + 0.0997288189f;
  p = p * t + 0.0715088328f;
  p = p * t + 0.196962803f;
  p = p * t + 0.20095864f;
  p = p * t + 0.226575702f;
  p = p * t + 0.225626299f;
  const float tail = 0.5f * t * p * exponential(-0.5f * x * x);  // Φ(-|x|)
  return x * (x < 0 ? tail : 1.0f - tail);
}

}  // namespace hspace
