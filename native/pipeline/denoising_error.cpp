#include "hspace/denoising_error.h"

#include <ATen/TensorOperators.h>

#include "hspace/error.h"
#include "kernels/expect.h"
#include "pipeline/denoiser.h"
#include "pipeline/noise.h"

namespace hspace {

std::vector<double> denoising_errors(const Model& model, const at::Tensor& samples,
                                     const Conditioning& conditioning, int64_t seed) {
  const auto [channels, height, width] = model.sample_shape();
  if (samples.dim() != 4 || samples.size(0) == 0 ||
      samples.sizes().slice(1) != at::IntArrayRef({channels, height, width})) {
    throw Error("samples: expected (N, " + std::to_string(channels) + ", " +
                std::to_string(height) + ", " + std::to_string(width) + "), found " +
                describe(samples));
  }
  const std::vector<int64_t> timestep = {model.schedule().train_timesteps() / 5};
  const Denoiser denoiser(model, model.schedule().lattice(timestep), {0}, InjectionPoint::kAfter,
                          {}, conditioning);
  const Step& step = denoiser.step(0);
  const at::Tensor x_0 = denoiser.state(samples);
  const at::Tensor noise = denoiser.state(Noise(model.sample_shape()).inversion(seed, 1));
  const at::Tensor x = step.diffuse(x_0, noise.expand_as(x_0));
  const at::Tensor error = step.clean(x, denoiser.predict(0, x).of_p).sub(x_0);
  const at::Tensor each = error.cpu().to(at::kDouble).flatten(1).square().mean(1).sqrt();
  return {each.const_data_ptr<double>(), each.const_data_ptr<double>() + each.numel()};
}

}  // namespace hspace
