// What a bottleneck has to look like, so that a network may go on with it.

#include "hspace/error.h"
#include "kernels/expect.h"
#include "networks/unet2d/network.h"

namespace hspace {

void Network::check(const Bottleneck& bottleneck) const {
  const auto require = [&](const std::string& part, const at::Tensor& tensor,
                           std::initializer_list<int64_t> shape, at::ScalarType dtype) {
    const std::string wrong = misfit(tensor, shape, dtype, placement.device);
    if (!wrong.empty()) throw Error("bottleneck of another model: " + part + ": " + wrong);
  };
  const int64_t channels = config.block_out_channels.back();
  const at::Tensor& h = bottleneck.h;
  require("h", h, {kAnySize, channels, kAnySize, kAnySize}, placement.wide());
  const int64_t batch = h.size(0);
  switch (bottleneck.point) {
    case InjectionPoint::kAfter:
    case InjectionPoint::kBefore:
      break;
    case InjectionPoint::kMiddle:
      require("residual", bottleneck.residual, {batch, channels, h.size(2), h.size(3)},
              placement.dtype);
      break;
    default:
      throw Error("bottleneck: unknown injection point " +
                  std::to_string(static_cast<int>(bottleneck.point)));
  }
  if (bottleneck.skips.size() != skips.size()) {
    throw Error("bottleneck of another model: expected " + std::to_string(skips.size()) +
                " skip connections, found " + std::to_string(bottleneck.skips.size()));
  }
  for (size_t i = 0; i < skips.size(); ++i) {
    const int64_t scale = int64_t{1} << (config.block_out_channels.size() - 1 - skips[i].level);
    require("skip connection " + std::to_string(i), bottleneck.skips[i],
            {batch, skips[i].channels, h.size(2) * scale, h.size(3) * scale}, placement.dtype);
  }
  const at::Tensor& time = bottleneck.time;
  require("time columns", time, {rows_of(time, batch), time_projections.columns()},
          placement.wide());
  const at::Tensor& text = bottleneck.text;
  if (config.transformers) {
    require("text", text,
            {rows_of(text, batch), kAnySize, config.transformers->cross_attention_dim},
            placement.dtype);
  } else if (text.defined()) {
    throw Error("bottleneck of another model: expected no text, found " + describe(text));
  }
  const at::Tensor& t = bottleneck.timestep;
  if (!t.defined() || t.dim() != 1 || t.size(0) != rows_of(t, batch)) {
    throw Error("bottleneck: timesteps: expected one, or one for each of " + std::to_string(batch) +
                " rows, found " + describe(t));
  }
}

}  // namespace hspace
