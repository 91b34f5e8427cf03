#pragma once

#include "layers/execution.h"

namespace hspace {

// The device itself, of a network that is about to be loaded there. Throws Error when this LibTorch
// or this machine has no such GPU.
at::Device checked_device(at::Device device);

// The placement of a network in this precision. Throws Error when that is not one of float32,
// float64 and bfloat16, when this processor does not compute in it, or as checked_device().
Placement checked_placement(at::ScalarType dtype, at::Device device);

}  // namespace hspace
