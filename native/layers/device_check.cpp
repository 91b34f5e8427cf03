#include "layers/device_check.h"

#include <ATen/detail/CUDAHooksInterface.h>

#include <string>

#include "hspace/error.h"
#include "kernels/prepacked_conv.h"

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

Placement checked_placement(at::ScalarType dtype, at::Device device) {
  if (dtype != at::kFloat && dtype != at::kDouble && dtype != at::kBFloat16) {
    throw Error(std::string("model precision: expected float32, float64 or bfloat16, found ") +
                c10::toString(dtype));
  }
  if (dtype == at::kBFloat16 && device.is_cpu() && !PrepackedConv::supports(dtype)) {
    throw Error(
        "model precision: bfloat16 needs a processor with AVX-512 (F, BW, VL and DQ) or "
        "AVX-NE-CONVERT, and this one has neither; take float32");
  }
  return {dtype, checked_device(device)};
}

}  // namespace hspace
