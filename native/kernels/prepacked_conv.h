#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>

#include "kernels/stored_weight.h"

namespace hspace {

// A convolution by oneDNN whose weights are stored in oneDNN's own blocked layout, which ATen's
// conv2d would make anew on every call; it also takes no detour through OpenBLAS for small inputs.
// CPU, float32 or bfloat16, without autograd. Copies share the weights; const methods may be called
// from several threads.
//
// Inputs (B, I, H, W) and outputs (B, O, H', W') are channels-last.
class PrepackedConv {
 public:
  // Whether this processor has oneDNN's kernels of that type; bfloat16 needs AVX-512 or
  // AVX-NE-CONVERT.
  static bool supports(at::ScalarType dtype);

  // weight (O, I, k, k), bias (O) or undefined; padding on all four sides.
  PrepackedConv(const StoredWeight& weight, const at::Tensor& bias, int64_t stride,
                int64_t padding);

  // The linear map alone, on the same weights.
  PrepackedConv without_bias() const;

  // conv(x) + bias
  at::Tensor apply(const at::Tensor& x) const;
  // conv(x) + bias + other
  at::Tensor plus(const at::Tensor& x, const at::Tensor& other) const;
  // sum += conv(x) + bias
  void accumulate(const at::Tensor& x, at::Tensor& sum) const;

 private:
  struct Weights;

  at::Tensor checked_input(const at::Tensor& x) const;

  std::array<int64_t, 4> shape_;  // O, I, k, k
  at::ScalarType dtype_;
  std::array<int64_t, 2> stride_;   // along the height, along the width
  std::array<int64_t, 2> padding_;  // likewise, on both sides
  std::shared_ptr<Weights> weights_;
  at::Tensor bias_;  // (O) or undefined
};

}  // namespace hspace
