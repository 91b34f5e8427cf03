#include "kernels/group_norm_silu_derivative_loops.h"

#include <algorithm>

// Each loop is written once as a template that must be inlined, and instantiated in functions that
// GCC compiles once for every instruction set.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define HSPACE_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define HSPACE_CLONES
#endif
#define HSPACE_INLINE inline __attribute__((always_inline))

namespace hspace::loops {

namespace {

constexpr int64_t kChannels = 64;  // channels summed at once, in L1
constexpr int64_t kUnrolled = 4;   // pixels between two visits of the sums
constexpr int64_t kFlush = 64;     // pixels summed in T before the sum goes on in double

// Sums value(pixel, channel) and value * xhat over pixels, channel by channel: short runs in T, the
// rest in double, so that float keeps its precision at 256 x 256 pixels.
template <typename T, typename Value>
HSPACE_INLINE void sums(Value value, const T* __restrict xhat, int64_t pixels, int64_t channels,
                        int64_t active, double* __restrict sum, double* __restrict along) {
  for (int64_t first = 0; first < channels; first += kChannels) {
    const int64_t width = std::min(kChannels, channels - first);
    for (int64_t start = 0; start < pixels; start += kFlush) {
      const int64_t end = std::min(pixels, start + kFlush);
      T s[kChannels] = {};
      T a[kChannels] = {};
      int64_t p = start;
      for (; p + kUnrolled <= end; p += kUnrolled) {
        const T* x = xhat + p * active + first;
        for (int64_t c = 0; c < width; c++) {
          const T v0 = value(p, first + c);
          const T v1 = value(p + 1, first + c);
          const T v2 = value(p + 2, first + c);
          const T v3 = value(p + 3, first + c);
          s[c] += (v0 + v1) + (v2 + v3);
          a[c] +=
              (v0 * x[c] + v1 * x[active + c]) + (v2 * x[2 * active + c] + v3 * x[3 * active + c]);
        }
      }
      for (; p < end; p++) {
        const T* x = xhat + p * active + first;
        for (int64_t c = 0; c < width; c++) {
          const T v = value(p, first + c);
          s[c] += v;
          a[c] += v * x[c];
        }
      }
      for (int64_t c = 0; c < width; c++) {
        sum[first + c] += static_cast<double>(s[c]);
        along[first + c] += static_cast<double>(a[c]);
      }
    }
  }
}

template <typename T>
HSPACE_INLINE void tangent(const T* __restrict dx, const T* __restrict xhat,
                           const T* __restrict slope, const T* __restrict mean,
                           const T* __restrict along, int64_t pixels, int64_t varying,
                           int64_t active, T* __restrict out) {
  for (int64_t p = 0; p < pixels; p++) {
    for (int64_t c = 0; c < varying; c++) {
      out[c] = slope[c] * (dx[c] - mean[c] - xhat[c] * along[c]);
    }
    for (int64_t c = varying; c < active; c++) {
      out[c] = -slope[c] * (mean[c] + xhat[c] * along[c]);
    }
    dx += varying;
    xhat += active;
    slope += active;
    out += active;
  }
}

template <typename T>
HSPACE_INLINE void cotangent(const T* __restrict u, const T* __restrict xhat,
                             const T* __restrict slope, const T* __restrict mean,
                             const T* __restrict along, const T* __restrict addend, int64_t pixels,
                             int64_t varying, int64_t active, T* __restrict out) {
  for (int64_t p = 0; p < pixels; p++) {
    if (addend != nullptr) {
      for (int64_t c = 0; c < varying; c++) {
        out[c] = slope[c] * u[c] - mean[c] - xhat[c] * along[c] + addend[c];
      }
      addend += varying;
    } else {
      for (int64_t c = 0; c < varying; c++) {
        out[c] = slope[c] * u[c] - mean[c] - xhat[c] * along[c];
      }
    }
    u += active;
    xhat += active;
    slope += active;
    out += varying;
  }
}

}  // namespace

#define HSPACE_LOOPS(T)                                                                            \
  HSPACE_CLONES void sum_tangent(const T* dx, const T* xhat, int64_t pixels, int64_t varying,      \
                                 int64_t active, double* sum, double* along) {                     \
    sums<T>([=](int64_t p, int64_t c) HSPACE_LAMBDA { return dx[p * varying + c]; }, xhat, pixels, \
            varying, active, sum, along);                                                          \
  }                                                                                                \
  HSPACE_CLONES void apply_tangent(const T* dx, const T* xhat, const T* slope, const T* mean,      \
                                   const T* along, int64_t pixels, int64_t varying,                \
                                   int64_t active, T* out) {                                       \
    tangent<T>(dx, xhat, slope, mean, along, pixels, varying, active, out);                        \
  }                                                                                                \
  HSPACE_CLONES void sum_cotangent(const T* u, const T* xhat, const T* slope, int64_t pixels,      \
                                   int64_t active, double* sum, double* along) {                   \
    sums<T>([=](int64_t p, int64_t c)                                                              \
                HSPACE_LAMBDA { return slope[p * active + c] * u[p * active + c]; },               \
            xhat, pixels, active, active, sum, along);                                             \
  }                                                                                                \
  HSPACE_CLONES void apply_cotangent(const T* u, const T* xhat, const T* slope, const T* mean,     \
                                     const T* along, const T* addend, int64_t pixels,              \
                                     int64_t varying, int64_t active, T* out) {                    \
    cotangent<T>(u, xhat, slope, mean, along, addend, pixels, varying, active, out);               \
  }

#define HSPACE_LAMBDA __attribute__((always_inline))
HSPACE_LOOPS(float)
HSPACE_LOOPS(double)

}  // namespace hspace::loops
