#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "files/weight_map.h"
#include "hspace/config.h"
#include "layers/execution.h"

namespace hspace {

// diffusers' Timesteps: sinusoids of geometrically spaced frequencies.
struct Sinusoids {
  int64_t width;
  bool flip_sin_to_cos;
  double freq_shift;

  // t (N), any numeric type → (N, width) float32
  at::Tensor of(const at::Tensor& t) const;
};

// diffusers' TimestepEmbedding: linear_1 → SiLU → linear_2.
class TimestepEmbedding {
 public:
  TimestepEmbedding(WeightMap& weights, const std::string& key, int64_t inputs, int64_t outputs,
                    const Placement& placement);

  // x (N, inputs) → (N, outputs), wide
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor weight1_, bias1_;  // (outputs, inputs), (outputs)
  at::Tensor weight2_, bias2_;  // (outputs, outputs), (outputs)
};

// diffusers' Timesteps or GaussianFourierProjection, then TimestepEmbedding: timestep → vector.
class TimeEmbedding {
 public:
  TimeEmbedding(WeightMap& weights, const UNetConfig& config, const Placement& placement);

  // t (1 or B) → (1 or B, time_embed_dim), wide
  at::Tensor forward(const at::Tensor& t) const;

 private:
  at::Tensor fourier(const at::Tensor& t) const;

  TimeEmbeddingType type_;
  Sinusoids sinusoids_;     // positional only
  at::Tensor frequencies_;  // Fourier only: (block_out_channels[0])
  TimestepEmbedding embedding_;
};

// The time projections of all residual blocks as one linear layer, so that a network pass computes
// them once, whatever the number of blocks: the blocks' `time_emb_proj` layers stacked.
class TimeProjections {
 public:
  explicit TimeProjections(const Placement& placement) : placement_(placement) {}

  // Adds "<key>.weight" (width, time_embed_dim) and "<key>.bias" (width); returns the block's first
  // column.
  int64_t add(WeightMap& weights, const std::string& key, int64_t time_embed_dim, int64_t width);
  // Stacks what was added. Call once, after the last add().
  void finish();

  // Sum of all widths.
  int64_t columns() const { return columns_; }

  // time embedding (1 or B, time_embed_dim) → (1 or B, columns), wide
  at::Tensor forward(const at::Tensor& time_embedding) const;

 private:
  Placement placement_;
  int64_t columns_ = 0;
  std::vector<at::Tensor> weights_, biases_;  // until finish()
  at::Tensor weight_, bias_;                  // (columns, time_embed_dim), (columns)
};

}  // namespace hspace
