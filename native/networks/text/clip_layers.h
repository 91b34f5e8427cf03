#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "files/weight_map.h"
#include "hspace/text_encoder.h"
#include "layers/execution.h"

namespace hspace {

// The layers of transformers' CLIPTextModel. On the CPU their weights stay as they are stored.

// torch.nn.Linear: x (..., in) → (..., out)
struct TokenLinear {
  TokenLinear(WeightMap& weights, const std::string& key, int64_t in, int64_t out,
              const Placement& placement);
  at::Tensor forward(const at::Tensor& x) const;

  StoredWeight weight, bias;
};

// torch.nn.LayerNorm: x (..., D) → (..., D)
struct TokenNorm {
  TokenNorm(WeightMap& weights, const std::string& key, int64_t width, double eps,
            const Placement& placement);
  at::Tensor forward(const at::Tensor& x) const;

  StoredWeight weight, bias;
  double eps;
};

// CLIPEncoderLayer: x + attention(norm1(x)), each token seeing those before it and itself; then
// x + fc2(act(fc1(norm2(x)))).
class ClipLayer {
 public:
  ClipLayer(WeightMap& weights, const std::string& key, const TextEncoderConfig& config,
            const Placement& placement);

  // x (B, n, D) → (B, n, D)
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor attend(const at::Tensor& x) const;

  int64_t heads_;
  TextEncoderConfig::Activation activation_;
  TokenNorm norm1_;
  TokenLinear q_, k_, v_, out_;
  TokenNorm norm2_;
  TokenLinear fc1_, fc2_;
};

}  // namespace hspace
