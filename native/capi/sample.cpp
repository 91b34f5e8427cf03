// Trajectories from seeds and from images.

#include "capi/arrays.h"
#include "capi/callbacks.h"
#include "capi/condition.h"
#include "capi/objects.h"
#include "capi/params.h"
#include "capi/status.h"
#include "files/sha256.h"
#include "hspace/error.h"
#include "hspace/inversion.h"
#include "hspace/sampler.h"

using namespace hspace;
using namespace hspace::capi;

namespace {

constexpr hspace_sample_params kSampleDefaults = {
    sizeof(hspace_sample_params), 50, 1, nullptr, HSPACE_AFTER, 1, 0, 0, 16, nullptr,
    HSPACE_NOISE_BROWNIAN};

constexpr hspace_invert_params kInvertDefaults = {sizeof(hspace_invert_params),
                                                  50,
                                                  0,
                                                  nullptr,
                                                  HSPACE_AFTER,
                                                  1,
                                                  50,
                                                  1e-6,
                                                  0,
                                                  8,
                                                  nullptr,
                                                  nullptr};

EtaSchedule eta_of(double eta, const char* schedule) {
  return schedule == nullptr ? EtaSchedule::constant(eta) : EtaSchedule::parse(schedule);
}

StepNoise noise_of(hspace_noise noise) {
  switch (noise) {
    case HSPACE_NOISE_BROWNIAN:
      return StepNoise::kBrownian;
    case HSPACE_NOISE_STEPS:
      return StepNoise::kSteps;
    default:
      throw Error("noise: expected HSPACE_NOISE_BROWNIAN or HSPACE_NOISE_STEPS, found " +
                  std::to_string(noise));
  }
}

SamplingOptions options_of(const hspace_sample_params* params) {
  const hspace_sample_params asked = read(params, &hspace_sample_params::batch, kSampleDefaults);
  SamplingOptions options;
  options.steps = asked.steps;
  options.eta = eta_of(asked.eta, asked.eta_schedule);
  options.h_space = point_of(asked.point);
  options.record_h = flag(asked.record_h, "record_h");
  options.clip = flag(asked.clip, "clip");
  options.reference_seeds = flag(asked.reference_seeds, "reference_seeds");
  options.batch = asked.batch;
  options.conditioning = conditioning_of(asked.condition);
  options.noise = noise_of(asked.noise);
  return options;
}

InversionOptions options_of(const hspace_invert_params& asked) {
  InversionOptions options;
  options.steps = asked.steps;
  options.eta = eta_of(asked.eta, asked.eta_schedule);
  options.h_space = point_of(asked.point);
  options.record_h = flag(asked.record_h, "record_h");
  options.refine = asked.refine;
  options.tolerance = asked.tolerance;
  options.seed = asked.seed;
  options.batch = asked.batch;
  options.conditioning = conditioning_of(asked.condition);
  return options;
}

// The images have no files: the sha256 is that of their numbers.
std::vector<ImageSource> sources_of(const at::Tensor& images, const char* const* names) {
  std::vector<ImageSource> sources;
  for (int64_t i = 0; i < images.size(0); ++i) {
    const at::Tensor image = images[i].to(at::kCPU).contiguous();
    sources.push_back({names == nullptr ? "image " + std::to_string(i)
                                        : std::string(&required(names[i], "names")),
                       Sha256::of(image.data_ptr(), image.nbytes())});
  }
  return sources;
}

// images (n, C, H, W)
hspace_trajectory* inverted(const Model& model, const at::Tensor& images,
                            const hspace_invert_params* params, hspace_progress progress,
                            void* user) {
  const hspace_invert_params asked = read(params, &hspace_invert_params::names, kInvertDefaults);
  finite(images, "images");
  CallbackProgress hears(progress, user);
  Inversion found =
      invert(model, images, sources_of(images, asked.names), options_of(asked), hears);
  return make<hspace_trajectory>(std::move(found.trajectory), std::move(found.psnr),
                                 std::move(found.residual));
}

}  // namespace

void hspace_sample_params_init(hspace_sample_params* params, size_t struct_size) {
  init(params, struct_size, kSampleDefaults);
}

void hspace_invert_params_init(hspace_invert_params* params, size_t struct_size) {
  init(params, struct_size, kInvertDefaults);
}

hspace_status hspace_sample(const hspace_model* model, const int64_t* seeds, size_t n,
                            const hspace_sample_params* params, hspace_progress progress,
                            void* user, hspace_trajectory** out) {
  return guarded([&] {
    hspace_trajectory*& handle = fresh(out);
    CallbackProgress hears(progress, user);
    handle = make<hspace_trajectory>(
        Sampler(find(model)->model).sample(integers(seeds, n, "seeds"), options_of(params), hears));
  });
}

hspace_status hspace_draw(const hspace_model* model, const int64_t* seeds, size_t n,
                          const hspace_sample_params* params, hspace_trajectory** out) {
  return guarded([&] {
    hspace_trajectory*& handle = fresh(out);
    handle = make<hspace_trajectory>(
        Sampler(find(model)->model).draw(integers(seeds, n, "seeds"), options_of(params)));
  });
}

hspace_status hspace_invert(const hspace_model* model, const float* images, size_t n,
                            const hspace_invert_params* params, hspace_progress progress,
                            void* user, hspace_trajectory** out) {
  return guarded([&] {
    hspace_trajectory*& handle = fresh(out);
    const Model with = find(model)->model;
    const std::vector<int64_t> shape = shape_of(n, image_shape(with), "images");
    handle = inverted(with, floats(images, shape, "images"), params, progress, user);
  });
}

hspace_status hspace_invert_dlpack(const hspace_model* model, const DLManagedTensor* images,
                                   const hspace_invert_params* params, hspace_progress progress,
                                   void* user, hspace_trajectory** out) {
  return guarded([&] {
    hspace_trajectory*& handle = fresh(out);
    const Model with = find(model)->model;
    std::vector<int64_t> shape = image_shape(with);
    shape.insert(shape.begin(), -1);
    handle = inverted(with, borrowed(images, shape, "images"), params, progress, user);
  });
}
