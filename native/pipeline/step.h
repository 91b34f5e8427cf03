#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "hspace/noise_schedule.h"
#include "hspace/scheduler_config.h"

namespace hspace {

// The arithmetic of one sampling step, Eqs 1-5 of Haas et al.: the coefficients of a step of a
// lattice at a given η.
struct Step {
  double alpha_bar;           // ᾱ_t at the step's start
  double alpha_bar_previous;  // ᾱ_p at its end
  double sigma;               // σ_t
  PredictionType prediction;  // what the network's output is
  // What is done to P_t; nothing if empty.
  std::optional<Clipping> clipping = {};
  // Whether D_t goes on with the ε that belongs to the clipped P_t.
  bool posterior = false;

  // Step i of a lattice.
  static Step of(const Lattice& lattice, int64_t i, double eta, PredictionType prediction,
                 const std::optional<Clipping>& clipping);

  // P_t, the predicted x_0, from x_t and the network's output. All (B, C, H, W), here and below.
  at::Tensor clean(const at::Tensor& x, const at::Tensor& output) const;
  // ε, from x_t and the network's output.
  at::Tensor noise(const at::Tensor& x, const at::Tensor& output) const;
  // x_p without its σ_t z_t: √ᾱ_p P_t + D_t, with P_t and D_t from outputs that may differ (Asyrp).
  at::Tensor mean(const at::Tensor& x, const at::Tensor& output_of_p,
                  const at::Tensor& output_of_d) const;
  // x_t such that the η = 0 step from it with that ε ends at x_p:
  // √(ᾱ_t/ᾱ_p) x_p + (√(1-ᾱ_t) - √(ᾱ_t/ᾱ_p) √(1-ᾱ_p)) ε.
  at::Tensor backward(const at::Tensor& end, const at::Tensor& noise) const;
  // x_t drawn from x_0: √ᾱ_t x_0 + √(1-ᾱ_t) noise.
  at::Tensor diffuse(const at::Tensor& x_0, const at::Tensor& noise) const;

 private:
  at::Tensor clipped(const at::Tensor& x, const at::Tensor& output) const;
  at::Tensor direction(const at::Tensor& x, const at::Tensor& output) const;
  double signal() const;  // √ᾱ_t
  double spread() const;  // √(1-ᾱ_t)
  double pull() const;    // √(1-ᾱ_p-σ²), of ε in D_t
};

}  // namespace hspace
