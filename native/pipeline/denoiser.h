#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "hspace/model.h"
#include "hspace/sampler.h"
#include "pipeline/finite.h"
#include "pipeline/step.h"

namespace hspace {

// One batch's way along a lattice, in the state's type from end to end: what enters the network or
// leaves it keeps its precision, whatever type the network computes in.
class Denoiser {
 public:
  // Receives what a step leaves behind. step: 0 is the first. h (B, c, h, w): activation before
  // injection, in the state's type, on the model's device.
  using Recorder = std::function<void(int64_t step, const at::Tensor& h)>;

  // eta (T); clipping: what is done to predictions, nothing if empty. Error when the model is
  // conditioned on something else.
  Denoiser(const Model& model, const Lattice& lattice, const std::vector<double>& eta,
           InjectionPoint h_space, const std::optional<Clipping>& clipping,
           const Conditioning& conditioning = {});

  int64_t steps() const { return static_cast<int64_t>(steps_.size()); }
  const Step& step(int64_t i) const { return steps_[i]; }
  const GuidedUNet& unet() const { return unet_; }

  // The tensor in the state's type on the model's device, without a graph.
  at::Tensor state(const at::Tensor& t) const;

  // All steps from x_T (B, C, H, W) to x_0, in the state's type, on the CPU.
  //
  // z (B, T, C, H, W), or undefined where every σ is 0. injection: null for none. first: number of
  // the batch's first row, for the injection. recorder: empty when nothing is to be kept.
  // after_step: runs after each step.
  at::Tensor run(const at::Tensor& start, const at::Tensor& z, Injection* injection, int64_t first,
                 const Recorder& recorder, const std::function<void()>& after_step) const;

  // Step i alone, from x_t (B, C, H, W), a state(), to x_p, like it; finite like that of finite().
  at::Tensor next(int64_t i, const at::Tensor& x, const at::Tensor& z,
                  Injection* injection = nullptr, int64_t first = 0, const Recorder& recorder = {},
                  LaterCheck* later = nullptr) const;

  // The network's state at the bottleneck for x_t (B, C, H, W), a state(), at step i.
  Bottleneck encode(int64_t i, const at::Tensor& x) const;

  // What the network says of x_t: its outputs that P_t and D_t are made of, the same one unless an
  // injection goes into P_t alone. (B, C, H, W) each
  struct Prediction {
    at::Tensor of_p;
    at::Tensor of_d;
  };
  // That of x_t (B, C, H, W) at step i; checked to be finite where it is clipped, as in finite().
  Prediction predict(int64_t i, const at::Tensor& x, Injection* injection = nullptr,
                     int64_t first = 0, const Recorder& recorder = {},
                     LaterCheck* later = nullptr) const;

  // x_p without σ_t z_t, for step i from x_t (B, C, H, W); finite like that of next().
  at::Tensor mean(int64_t i, const at::Tensor& x) const;

  // ε (B, C, H, W) that the network sees in x at the timestep of step i. It is not finite where a
  // search for x has run away.
  at::Tensor noise(int64_t i, const at::Tensor& x) const;

  // Passes on what step i made of x. Error when it is not finite, naming the step and what may
  // help. later: where given, only takes note of results that are not on the CPU; where it does not
  // pass, the same steps without it have the Error.
  at::Tensor finite(int64_t i, const at::Tensor& x, const at::Tensor& result, bool injected = false,
                    LaterCheck* later = nullptr) const;

 private:
  at::Tensor unchecked(int64_t i, const at::Tensor& x, Injection* injection, int64_t first,
                       const Recorder& recorder, LaterCheck* later) const;

  Model model_;
  GuidedUNet unet_;
  Lattice lattice_;
  std::vector<double> eta_;  // (T)
  InjectionPoint h_space_;
  std::vector<Step> steps_;  // (T)
};

}  // namespace hspace
