#pragma once

#include <ATen/core/Tensor.h>

namespace hspace {

// Nearest-neighbour upsampling by two followed by a 3x3 convolution (padding 1), as one operation
// with 4/9 of the multiplications: the transposed 4x4 convolution of stride 2 and padding 1 whose
// weights are sums of the 3x3 ones.

// weight (O, I, 3, 3) -> (I, O, 4, 4), computed in the weight's own precision
at::Tensor folded_upsampling_weight(const at::Tensor& weight);

// A transposed convolution of stride 2 and padding 1 by oneDNN, with prepacked weights; CPU,
// float32 or bfloat16, channels-last, without autograd. oneDNN cuts its sums by the number of
// threads: with another number the result differs, by rounding (3e-7 in norm). No other operator of
// the networks does that.
class PrepackedTransposedConv {
 public:
  // weight (I, O, 4, 4), bias (O) or undefined
  explicit PrepackedTransposedConv(const at::Tensor& weight, const at::Tensor& bias = {});

  // x (B, I, H, W) -> (B, O, 2H, 2W)
  at::Tensor apply(const at::Tensor& x) const;

 private:
  int64_t channels_;  // I
  at::ScalarType dtype_;
  at::Tensor weight_;  // opaque, prepacked
  at::Tensor bias_;    // (O) or undefined
};

}  // namespace hspace
