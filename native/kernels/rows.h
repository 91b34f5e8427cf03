#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hspace {

// Which recorded row each tangent of a batch belongs to: on the CPU for our kernels, which read a
// row where it lies, and on the model's device for ATen's, which gather.
struct Rows {
  at::Tensor host;    // (n) int64, CPU, contiguous
  at::Tensor device;  // (n) int64, the device of the activations

  int64_t size() const { return host.size(0); }
  int64_t operator[](int64_t i) const {
    return static_cast<const int64_t*>(host.const_data_ptr())[i];
  }
  // The rows of t (B, ...), one for each tangent; t itself, which broadcasts, where B is one.
  at::Tensor gather(const at::Tensor& t) const {
    return t.size(0) == 1 ? t : t.index_select(0, device);
  }
  Rows slice(int64_t first, int64_t count) const {
    return {host.narrow(0, first, count), device.narrow(0, first, count)};
  }
};

// Where a batch of b rows is recorded: rows [first, first + b) of `total`.
struct RecordedRows {
  int64_t total;
  int64_t first;
};

}  // namespace hspace
