#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "hspace/export.h"
#include "hspace/guided_unet.h"
#include "hspace/progress.h"
#include "hspace/svd.h"

namespace hspace HSPACE_API {

// J_t = ∂(M ⊙ ε(x_t, h_t))/∂h_t at several timesteps, one problem a timestep. The encoder runs once
// for all of them; the products run on the linearised decoder. Under guidance ε is the guided one.
// Const methods may be called from several threads.
class DenoiserJacobian : public LinearMap {
 public:
  // Encodes and linearises. x: noisy images x_t (P, C, H, W); timesteps (P); identities (P):
  // numbers that start vectors are drawn by, the same whatever other timesteps there are; mask: M
  // (1, 1, H, W), or undefined. Error when something does not fit.
  DenoiserJacobian(const GuidedUNet& unet, const at::Tensor& x,
                   const std::vector<int64_t>& timesteps, const std::vector<int64_t>& identities,
                   InjectionPoint h_space, const at::Tensor& mask = {},
                   InjectInto into = InjectInto::kBoth);

  // Bytes that linearising took.
  int64_t bytes() const { return decoder_.bytes(); }

  int64_t problems() const override { return decoder_.batch(); }
  int64_t identity(int64_t problem) const override { return identities_[problem]; }
  std::string name(int64_t problem) const override;
  std::vector<int64_t> domain() const override { return domain_; }
  std::vector<int64_t> codomain() const override { return codomain_; }
  at::TensorOptions options() const override { return options_; }
  at::Tensor apply(const at::Tensor& v, const std::vector<int64_t>& problem) const override;
  at::Tensor apply_transpose(const at::Tensor& u,
                             const std::vector<int64_t>& problem) const override;

 private:
  DenoiserJacobian(const GuidedUNet& unet, const Bottleneck& bottleneck, const at::Tensor& x,
                   const std::vector<int64_t>& timesteps, const std::vector<int64_t>& identities,
                   const at::Tensor& mask, InjectInto into);

  GuidedLinearized decoder_;
  std::vector<int64_t> domain_;      // (c, h, w)
  std::vector<int64_t> codomain_;    // (C, H, W)
  at::TensorOptions options_;        // of h
  std::vector<int64_t> timesteps_;   // (P)
  std::vector<int64_t> identities_;  // (P)
};

// What image-specific directions are asked for.
struct JacobianOptions {
  std::vector<int64_t> steps;  // which steps, 0 the first (largest timestep); empty: all
  at::Tensor mask;             // M (1, 1, H, W) of zeros and ones; undefined: the whole image
  // λ: 0 finds singular vectors of M J, what changes the mask most. Above 0, with a mask, vectors
  // that change the mask most and the rest of the image least: max ‖M J v‖² / (‖(1-M) J v‖² + λ s₁²
  // ‖v‖²), s₁ the largest singular value of J, so that one λ does for all models and timesteps. An
  // Svd then has these v of norm one, best first, s = ‖J v‖ of the whole image and u = J v / s;
  // they are orthogonal by JᵀJ + λ s₁², and the residual is ‖JᵀMJv - θ(JᵀJ + λ s₁²)v‖ / (2 ‖M J
  // v‖²) with θ = ρ / (1 + ρ) for the ratio ρ; the solver option does not matter.
  double keep_outside = 0;
  SvdOptions svd;
  InjectInto inject_into = InjectInto::kBoth;  // which passes of guidance h varies in
  // Bytes that the linearised decoder and the solver may take together; timesteps are solved in
  // turns when they do not fit.
  int64_t memory = int64_t{2} << 30;
};

// The singular vectors of the denoiser's Jacobian at steps of a trajectory (Haas et al., section
// III-B), or its local vectors (keep_outside): one Svd a chosen step, in ascending order of the
// steps.
// x: noisy images x_t (n, C, H, W) at the first n steps; timesteps (n)
std::vector<Svd> jacobian_singular_vectors(const GuidedUNet& unet, const at::Tensor& x,
                                           const std::vector<int64_t>& timesteps,
                                           InjectionPoint h_space, const JacobianOptions& options,
                                           Progress& progress = Progress::none());

}  // namespace hspace
