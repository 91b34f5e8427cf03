#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "kernels/prepacked_conv.h"
#include "kernels/stored_weight.h"

namespace hspace {

// A convolution as a linear map, without bias, and its transpose: the derivative of a convolution.
// All activations are channels-last.
//
// The map and its transpose are prepared when first used, prepacked where oneDNN serves the element
// type, so that a direction nobody asks for costs nothing. Copies share them. Thread-safe.
class LinearConv {
 public:
  LinearConv() = default;

  // factor * weight (O, I, k, k), k odd, stride 1, padding k / 2. The transpose is the convolution
  // with the flipped kernel, inputs and outputs exchanged. `packed`: this convolution as a network
  // runs it, if it does; the map then shares its weights where they are the same numbers.
  static LinearConv same(const StoredWeight& weight, double factor = 1,
                         const PrepackedConv* packed = nullptr);

  // Nearest-neighbour upsampling by two, then weight (O, I, 3, 3) with padding 1.
  static LinearConv upsampled(const StoredWeight& weight);

  bool defined() const { return state_ != nullptr; }

  // x (n, I, H, W) -> W x [+ addend] (n, O, H', W')
  at::Tensor apply(const at::Tensor& x, const at::Tensor& addend = {}) const;

  // sum += W x in place, which spares the copy that oneDNN makes of an addend.
  // x (n, I, H, W), sum (n, O, H', W')
  void accumulate(const at::Tensor& x, at::Tensor& sum) const;

  // y (n, O, H', W') -> W^T y [+ addend] (n, I, H, W)
  at::Tensor transpose(const at::Tensor& y, const at::Tensor& addend = {}) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace hspace
