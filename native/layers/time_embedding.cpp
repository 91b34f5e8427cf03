#include "layers/time_embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/silu.h>

#include <cmath>

#include "hspace/error.h"

namespace hspace {

// The angles are float32 whatever the model's precision, because that is how diffusers trains and
// runs these models. The functions are computed in float64 and rounded: LibTorch's float32 ones are
// off by an ulp now and then, differently in each build.
at::Tensor Sinusoids::of(const at::Tensor& t) const {
  const int64_t half = width / 2;
  const at::Tensor exponent = at::arange(half, t.options().dtype(at::kFloat)) * -std::log(10000.0) /
                              (static_cast<double>(half) - freq_shift);
  const at::Tensor frequencies = exponent.to(at::kDouble).exp().to(at::kFloat);  // (half)
  const at::Tensor angles = t.to(at::kFloat).unsqueeze(1) * frequencies;         // (N, half)
  const at::Tensor exact = angles.to(at::kDouble);
  const at::Tensor sin = exact.sin().to(at::kFloat), cos = exact.cos().to(at::kFloat);
  const at::Tensor embedding = flip_sin_to_cos ? at::cat({cos, sin}, 1) : at::cat({sin, cos}, 1);
  return width % 2 == 1 ? at::constant_pad_nd(embedding, {0, 1}) : embedding;
}

TimestepEmbedding::TimestepEmbedding(WeightMap& weights, const std::string& key, int64_t inputs,
                                     int64_t outputs, const Placement& placement)
    : weight1_(placement.place_wide(weights.take(key + ".linear_1.weight", {outputs, inputs}))),
      bias1_(placement.place_wide(weights.take(key + ".linear_1.bias", {outputs}))),
      weight2_(placement.place_wide(weights.take(key + ".linear_2.weight", {outputs, outputs}))),
      bias2_(placement.place_wide(weights.take(key + ".linear_2.bias", {outputs}))) {}

at::Tensor TimestepEmbedding::forward(const at::Tensor& x) const {
  const at::Tensor hidden = at::silu(at::linear(x.to(weight1_.scalar_type()), weight1_, bias1_));
  return at::linear(hidden, weight2_, bias2_);
}

TimeEmbedding::TimeEmbedding(WeightMap& weights, const UNetConfig& config,
                             const Placement& placement)
    : type_(config.time_embedding_type),
      sinusoids_{config.block_out_channels.front(), config.flip_sin_to_cos, config.freq_shift},
      embedding_(weights, "time_embedding",
                 type_ == TimeEmbeddingType::kFourier ? 2 * sinusoids_.width : sinusoids_.width,
                 config.time_embed_dim(), placement) {
  if (type_ == TimeEmbeddingType::kFourier) {
    frequencies_ = placement.place_wide(weights.take("time_proj.weight", {sinusoids_.width}));
  }
}

// Sinusoids of 2π W log t (UNet2DModel takes the logarithm, and never flips). diffusers answers t =
// 0 with NaN. On another device a look at t would wait for all work before it.
at::Tensor TimeEmbedding::fourier(const at::Tensor& t) const {
  if (t.is_cpu() && t.le(0).any().item<bool>()) {
    throw Error(
        "timestep 0: a network with Fourier time embedding takes the logarithm of the timestep; in "
        "scheduler_config.json, \"steps_offset\": 1 or \"timestep_spacing\": \"trailing\" make "
        "lattices that end before 0");
  }
  const at::Tensor time = t.is_floating_point() ? t : t.to(at::kFloat);
  const at::Tensor angles = time.log().unsqueeze(1) * frequencies_ * 2 * M_PI;  // (B, width)
  return at::cat({angles.sin(), angles.cos()}, 1);
}

at::Tensor TimeEmbedding::forward(const at::Tensor& t) const {
  return embedding_.forward(type_ == TimeEmbeddingType::kFourier ? fourier(t) : sinusoids_.of(t));
}

int64_t TimeProjections::add(WeightMap& weights, const std::string& key, int64_t time_embed_dim,
                             int64_t width) {
  weights_.push_back(placement_.place_wide(weights.take(key + ".weight", {width, time_embed_dim})));
  biases_.push_back(placement_.place_wide(weights.take(key + ".bias", {width})));
  columns_ += width;
  return columns_ - width;
}

void TimeProjections::finish() {
  weight_ = at::cat(weights_);
  bias_ = at::cat(biases_);
  weights_.clear();
  biases_.clear();
}

at::Tensor TimeProjections::forward(const at::Tensor& time_embedding) const {
  return at::linear(at::silu(time_embedding), weight_, bias_);
}

}  // namespace hspace
