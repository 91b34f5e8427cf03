#pragma once

#include <cstdint>

// The inner loops of GroupNormSiluDerivative: channels-last data, `active` channels a pixel in
// xhat, slope and cotangents, `varying` <= active in tangents. Compiled for AVX2 and AVX-512,
// chosen when the library is loaded.
namespace hspace::loops {

// Adds, per channel, the sum over pixels of dx to sum, and of xhat * dx to along.
//   dx (pixels, varying), xhat (pixels, active), sum and along (active)
void sum_tangent(const float* dx, const float* xhat, int64_t pixels, int64_t varying,
                 int64_t active, double* sum, double* along);
void sum_tangent(const double* dx, const double* xhat, int64_t pixels, int64_t varying,
                 int64_t active, double* sum, double* along);

// out = slope * (dx - mean - xhat * along), with dx = 0 beyond the varying channels.
//   mean and along (active), out (pixels, active)
void apply_tangent(const float* dx, const float* xhat, const float* slope, const float* mean,
                   const float* along, int64_t pixels, int64_t varying, int64_t active, float* out);
void apply_tangent(const double* dx, const double* xhat, const double* slope, const double* mean,
                   const double* along, int64_t pixels, int64_t varying, int64_t active,
                   double* out);

// The sums of w = slope * u.  u (pixels, active)
void sum_cotangent(const float* u, const float* xhat, const float* slope, int64_t pixels,
                   int64_t active, double* sum, double* along);
void sum_cotangent(const double* u, const double* xhat, const double* slope, int64_t pixels,
                   int64_t active, double* sum, double* along);

// out = slope * u - mean - xhat * along [+ addend] on the varying channels.
//   addend (pixels, varying) or null, out (pixels, varying)
void apply_cotangent(const float* u, const float* xhat, const float* slope, const float* mean,
                     const float* along, const float* addend, int64_t pixels, int64_t varying,
                     int64_t active, float* out);
void apply_cotangent(const double* u, const double* xhat, const double* slope, const double* mean,
                     const double* along, const double* addend, int64_t pixels, int64_t varying,
                     int64_t active, double* out);

}  // namespace hspace::loops
