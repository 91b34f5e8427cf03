#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "hspace/export.h"
#include "hspace/model.h"
#include "hspace/progress.h"
#include "hspace/provenance.h"
#include "hspace/trajectory.h"

namespace hspace HSPACE_API {

// How images are inverted.
struct InversionOptions {
  int64_t steps = 50;                               // T
  EtaSchedule eta;                                  // all 0, DDIM inversion; else edit-friendly
  InjectionPoint h_space = InjectionPoint::kAfter;  // where h is read
  bool record_h = true;  // whether h_t of the reconstruction is kept at every step
  // Most fixed-point iterations of each noiseless step, few of which need more than ten; 0 is the
  // plain first-order DDIM inversion. Where there is noise too they are never fewer than 50: its
  // exactness hangs on them.
  int64_t refine = 50;
  double tolerance = 1e-6;    // a step counts as solved when its relative residual is at most this
  int64_t seed = 0;           // η > 0: the noise of image i is drawn from seed + i
  int64_t batch = 8;          // images of one network pass
  Conditioning conditioning;  // prompt, guidance, class

  // Error naming the option that is out of range.
  void check() const;
};

// Inverted images with the evidence for them.
struct Inversion {
  // (x_T, z) of each image, and what decoding them gives: h and x_0.
  Trajectory trajectory;
  // psnr() of each decoded image against its original (N), dB.
  std::vector<double> psnr;
  // Of each image the worst ‖f(x_t) - x_p‖ / ‖x_p‖ over the noiseless steps f, 0 when there is
  // none; where steps are not solved (no noise and refine = 0) the relative error of the round
  // trip. (N)
  std::vector<double> residual;
};

// Finds the start and the noise from which sampling returns given images, on the lattice that
// sampling uses, and decodes them again.
//
// η = 0: DDIM inversion. Each step asks for the x_t from which the DDIM step ends at the known x_p,
// an implicit equation. One evaluation of ε at x_p is the usual first-order answer; a fixed-point
// iteration goes on from there.
//
// η > 0: edit-friendly DDPM inversion (Huberman-Spiegelglas et al. 2024). The x_t of noisy steps
// are drawn independently from x_0, then z_t is solved for at each step from where the previous
// ones really ended, so that errors do not add up. A step with σ_t = 0 cannot be corrected by
// noise: z_t = 0 there, and its x_t is solved for as in DDIM inversion. The last step is such a
// step wherever the final ᾱ is 1.
//
// images: x_0 (N, C, H, W), values in [-1, 1]; latents for a latent model. sources: where they come
// from (N). Error when the images have another shape than the model's samples.
Inversion invert(const Model& model, const at::Tensor& images,
                 const std::vector<ImageSource>& sources, const InversionOptions& options,
                 Progress& progress = Progress::none());

// What invert() writes into the trajectories of images.
Provenance inversion_provenance(const Model& model, const std::vector<ImageSource>& sources,
                                const InversionOptions& options);

// Peak signal-to-noise ratio of images with values in [-1, 1], dB: 10 log10(4 / mean squared
// error), infinite where they are equal. expected, found (N, C, H, W) → (N)
std::vector<double> psnr(const at::Tensor& expected, const at::Tensor& found);

}  // namespace hspace
