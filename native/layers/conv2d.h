#pragma once

#include <string>
#include <vector>

#include "files/weight_map.h"
#include "kernels/linear_conv.h"
#include "kernels/prepacked_conv.h"
#include "layers/execution.h"

namespace hspace {

// torch.nn.Conv2d with a square kernel.
//
// The input may be a virtual concatenation: several tensors that stand one after the other along
// the channels. The fast path then never builds it (conv([a, b]) = conv_a(a) + conv_b(b)).
class Conv2d {
 public:
  struct Geometry {
    int64_t kernel = 3;
    int64_t stride = 1;
    int64_t padding = 1;
  };

  // weight (O, I, k, k); bias (O) or undefined, as it should compute; parts: the channels of each
  // part of the input, whose sum is I.
  Conv2d(StoredWeight weight, at::Tensor bias, Geometry geometry, std::vector<int64_t> parts,
         bool fast);

  // Takes "<key>.weight" and "<key>.bias". With `wide` the layer computes in placement.wide().
  static Conv2d load(WeightMap& weights, const std::string& key, std::vector<int64_t> parts,
                     int64_t out_channels, Geometry geometry, const Placement& placement,
                     bool wide = false);

  // The layer without all but its first output channels; itself where it has no more.
  Conv2d first_outputs(int64_t count) const;

  // conv(parts) + residual.  parts (B, C_i, H, W), residual (B, O, H', W') or undefined
  //   → (B, O, H', W')
  at::Tensor forward(const std::vector<at::Tensor>& parts, Execution execution,
                     const at::Tensor& residual = {}) const;

  // The convolution as a linear map times a factor: without its bias.
  LinearConv linear_map(double factor = 1) const;

  StoredWeight weight;  // (O, I, k, k)
  at::Tensor bias;      // (O) or undefined
  Geometry geometry;
  std::vector<int64_t> parts;  // channels of each part of the input

 private:
  bool fast_;
  std::vector<PrepackedConv> packed_;  // one for each part; empty without the fast path
};

}  // namespace hspace
