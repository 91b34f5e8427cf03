#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/stored_weight.h"

namespace hspace {

// Which of its two implementations a layer runs.
enum class Execution {
  kReference,  // plain ATen operators: any device and element type, differentiable by autograd
  kFast,  // prepacked convolutions and our own kernels: CPU, float32 or bfloat16, channels-last
};

// Where a model's weights live, and in which precision it computes.
struct Placement {
  at::ScalarType dtype;  // float32, float64 or bfloat16
  at::Device device;

  // Whether Execution::kFast is available; layers then prepack their weights.
  bool fast() const { return device.is_cpu() && dtype != at::kDouble; }

  // What a bfloat16 model computes in where bfloat16 is too coarse: the first and last convolution
  // (ε needs more than 8 bits), the time embedding, normalisation parameters, and all that enters
  // or leaves the network.
  at::ScalarType wide() const { return dtype == at::kBFloat16 ? at::kFloat : dtype; }

  // A loaded weight, moved and converted; a view of the mapped file where nothing has to change.
  at::Tensor place(const at::Tensor& weight) const { return weight.to(device, dtype); }
  at::Tensor place_wide(const at::Tensor& weight) const { return weight.to(device, wide()); }

  // The same, but where layers prepack their weights left as it is stored until it is used.
  StoredWeight store(const at::Tensor& weight) const { return store_as(weight, dtype); }
  StoredWeight store_wide(const at::Tensor& weight) const { return store_as(weight, wide()); }

 private:
  StoredWeight store_as(const at::Tensor& weight, at::ScalarType type) const {
    return fast() ? StoredWeight(weight, type) : StoredWeight(weight.to(device, type));
  }
};

}  // namespace hspace
