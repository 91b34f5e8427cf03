#include "layers/device_check.h"

#include <ATen/detail/CUDAHooksInterface.h>

#include <string>

#include "hspace/error.h"

namespace hspace {

at::Device checked_device(at::Device device) {
  if (!device.is_cuda()) return device;
  const at::CUDAHooksInterface& cuda = at::detail::getCUDAHooks();
  if (!cuda.hasCUDA())
    throw Error("device " + device.str() +
                ": this LibTorch is built for the CPU alone, or finds no CUDA");
  const int count = cuda.deviceCount();
  if (device.has_index() ? device.index() >= count : count == 0)
    throw Error("device " + device.str() + ": this machine has " + std::to_string(count) +
                " CUDA devices, counted from 0");
  return device;
}

}  // namespace hspace
