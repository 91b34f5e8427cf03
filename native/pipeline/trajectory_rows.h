#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "pipeline/denoiser.h"

namespace hspace {

// Room for N trajectories that are computed batch by batch, each row held once: on the CPU, in the
// state's type.
struct TrajectoryRows {
  at::Tensor x_T;  // (N, C, H, W)
  at::Tensor z;    // (N, T, C, H, W), or undefined
  at::Tensor h;    // (N, T, c, h, w), or undefined
  at::Tensor x_0;  // (N, C, H, W)

  // noisy: whether there is a z; record_h: whether there is an h, of `point`.
  static TrajectoryRows empty(const Model& model, int64_t rows, int64_t steps, bool noisy,
                              bool record_h, InjectionPoint point);

  int64_t rows() const { return x_T.size(0); }
  // Views of `count` rows, the first of them `first`.
  TrajectoryRows part(int64_t first, int64_t count) const;
  // Sets x_0 and, where it is there, h from x_T and z. after_step: runs after each step.
  void decode(const Denoiser& denoiser, const std::function<void()>& after_step) const;
};

}  // namespace hspace
