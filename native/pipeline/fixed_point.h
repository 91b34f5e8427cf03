#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "pipeline/denoiser.h"

namespace hspace {

// A noiseless step f solved backwards: the x_t with f(x_t) = x_p.
struct FixedPoint {
  at::Tensor x;                  // of each row the iterate with the smallest residual (B, C, H, W)
  std::vector<double> residual;  // its ‖f(x) - x_p‖ / ‖x_p‖ (B)
};

// The first-order answer for step i: ε evaluated at x_p, at the timestep of x_t. end: x_p
// (B, C, H, W) → x_t (B, C, H, W)
at::Tensor first_order(const Denoiser& denoiser, int64_t i, const at::Tensor& end);

// Solves step i. The equation, solved for the x_t outside of ε, is the fixed point of
// x ↦ backward(x_p, ε(x)); Anderson mixing makes its iteration converge in few passes. A row whose
// iteration runs away keeps its best iterate so far.
//
// end: x_p (B, C, H, W). refine: iterations after the first-order answer. tolerance: stops when
// every row's residual is at most this, or will never be.
FixedPoint solve(const Denoiser& denoiser, int64_t i, const at::Tensor& end, int64_t refine,
                 double tolerance);

}  // namespace hspace
