#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "kernels/rows.h"

namespace hspace {

// Tensors as their callers have to bring them. A kernel reads memory by the sizes that it was told:
// each checks what it is given once, at its entry. There a misfit is an error of this library's,
// std::invalid_argument; where it is the user's, at the networks' entries, the same texts make an
// Error.

// Stands for any size of at least one.
inline constexpr int64_t kAnySize = -1;

// "[2, 3, 64, 64] Float on cpu", or "no tensor"
std::string describe(const at::Tensor& tensor);

// "expected [any, 3, 64, 64] Float on cpu, found [2, 4, 64, 64] Float on cpu", or an empty text
// where tensor is as expected.
std::string misfit(const at::Tensor& tensor, at::IntArrayRef shape, at::ScalarType dtype,
                   at::Device device);

// The size of a dimension that holds one row for all, or one for each of the batch.
inline int64_t rows_of(const at::Tensor& tensor, int64_t batch) {
  return tensor.defined() && tensor.dim() > 0 && tensor.size(0) == 1 ? 1 : batch;
}

// The following throw std::invalid_argument, which names the kernel.

// A tensor on the CPU.
void expect(const char* kernel, const at::Tensor& tensor, at::IntArrayRef shape,
            at::ScalarType dtype);
// float32 or bfloat16
void expect_fast_type(const char* kernel, at::ScalarType dtype);
// n rows, each of [0, recorded)
void expect_rows(const char* kernel, const Rows& rows, int64_t n, int64_t recorded);
// Anything else that has to hold.
void expect(const char* kernel, bool holds, const char* what);

}  // namespace hspace
