#include "pipeline/trajectory_rows.h"

#include <ATen/ops/empty.h>

namespace hspace {

TrajectoryRows TrajectoryRows::empty(const Model& model, int64_t rows, int64_t steps, bool noisy,
                                     bool record_h, InjectionPoint point) {
  const at::TensorOptions type(model.state_dtype());
  const auto [channels, height, width] = model.sample_shape();
  TrajectoryRows made;
  made.x_T = at::empty({rows, channels, height, width}, type);
  if (noisy) made.z = at::empty({rows, steps, channels, height, width}, type);
  if (record_h) {
    const auto shape = model.bottleneck_shape(point);
    made.h = at::empty({rows, steps, shape[0], shape[1], shape[2]}, type);
  }
  made.x_0 = at::empty({rows, channels, height, width}, type);
  return made;
}

TrajectoryRows TrajectoryRows::part(int64_t first, int64_t count) const {
  const auto rows = [&](const at::Tensor& t) {
    return t.defined() ? t.narrow(0, first, count) : t;
  };
  return {rows(x_T), rows(z), rows(h), rows(x_0)};
}

void TrajectoryRows::decode(const Denoiser& denoiser,
                            const std::function<void()>& after_step) const {
  Denoiser::Recorder recorder;
  if (h.defined()) {
    recorder = [this](int64_t step, const at::Tensor& one) { h.select(1, step).copy_(one); };
  }
  x_0.copy_(denoiser.run(x_T, z, nullptr, 0, recorder, after_step));
}

}  // namespace hspace
