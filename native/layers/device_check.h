#pragma once

#include <c10/core/Device.h>

namespace hspace {

// The device itself, of a network that is about to be loaded there. Throws Error when this LibTorch
// or this machine has no such GPU.
at::Device checked_device(at::Device device);

}  // namespace hspace
