#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hspace/autoencoder.h"
#include "hspace/bottleneck.h"
#include "hspace/conditioning.h"
#include "hspace/export.h"
#include "hspace/guided_unet.h"
#include "hspace/model_directory.h"
#include "hspace/noise_schedule.h"
#include "hspace/scheduler_config.h"
#include "hspace/text_encoder.h"
#include "hspace/unet.h"

namespace hspace HSPACE_API {

// How a model is loaded.
struct ModelOptions {
  at::ScalarType dtype = at::kFloat;  // of weights and activations: float32, float64 or bfloat16
  at::Device device = at::kCPU;       // where it runs
  std::string variant;                // of the weight files, as in diffusers: "fp16", or empty
};

// A denoising model: a U-Net and its noise schedule, from a diffusers pipeline in any of the
// layouts of ModelDirectory; with the autoencoder of a latent model and the text encoders of one
// that reads texts. Samples are what is denoised: pictures, or the latents of a latent model.
// Copies share the weights and keep them alive; const methods may be called from several threads.
class Model {
 public:
  // Error naming what is missing, unknown or malformed, and where.
  static Model open(const std::string& directory, const ModelOptions& options = {});

  // The denoiser.
  const UNet& unet() const;
  // The configuration of the noise schedule, and the schedule.
  const SchedulerConfig& scheduler() const;
  const NoiseSchedule& schedule() const;
  // Where it was loaded from, as given, where its parts lie, and how.
  const std::string& directory() const;
  const ModelDirectory& parts() const;
  const ModelOptions& options() const;

  // Between pictures and latents; null where samples are pictures, or where nothing says how
  // latents become pictures.
  const Autoencoder* autoencoder() const;
  // In the order in which their token lists and hidden states are.
  const std::vector<TextEncoder>& text_encoders() const;

  // Of one sample {C, H, W}.
  std::array<int64_t, 3> sample_shape() const;
  // Of one picture {C, H, W}: a sample's without an autoencoder.
  std::array<int64_t, 3> picture_shape() const;
  // samples (B, C, H, W) → pictures, about [-1, 1], and back; without an autoencoder they are the
  // same. tile: as of Autoencoder. In the state's type, on the CPU.
  at::Tensor pictures(const at::Tensor& samples, int64_t tile = 0) const;
  at::Tensor samples(const at::Tensor& pictures, int64_t tile = 0) const;

  // The denoiser under a condition; texts are encoded here. Error when the model needs a prompt or
  // a class that is missing, or has no use for what is there.
  GuidedUNet conditioned(const Conditioning& conditioning) const;
  // sha256 of the text encoders' settings and weights; absent without text encoders. Computed on
  // first use.
  std::optional<std::string> text_hash() const;

  // Of one bottleneck activation {c, h, w} at a point; found by one encoder pass, once.
  std::array<int64_t, 3> bottleneck_shape(InjectionPoint point) const;
  // Element type of x, h, Δh and ε between network passes: float64 for a float64 model, else
  // float32.
  at::ScalarType state_dtype() const;
  // The tensor in that type on the model's device; the same tensor when it is so already.
  at::Tensor state(const at::Tensor& t) const;

  // Whether the network also outputs a variance, which sampling has no use for.
  bool learned_variance() const;
  // What is to be said of this model once: one sentence each, without the end's period.
  const std::vector<std::string>& warnings() const;
  // UNet::hash(), computed on first use.
  std::string hash() const;
  // Whether a hash is this model's: hash(), or what files of versions up to 0.1 hold, the sha256 of
  // config.json and the weight files byte by byte.
  bool has_hash(const std::string& other) const;

 private:
  struct State;
  explicit Model(std::shared_ptr<const State> state);

  std::shared_ptr<const State> state_;
};

}  // namespace hspace
