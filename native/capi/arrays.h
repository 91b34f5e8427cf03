#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

struct DLManagedTensor;

namespace hspace::capi {

// The caller's memory as tensors and the other way round. `what` is what hspace.h calls an
// argument.

// {n, tail...}; Error when that is more than memory can hold.
std::vector<int64_t> shape_of(size_t n, const std::vector<int64_t>& tail, const char* what);

// A view of the caller's floats, for as long as the call runs. Error when they are null.
at::Tensor floats(const float* data, const std::vector<int64_t>& shape, const char* what);
// The caller's numbers. Error when they are null and n is not 0.
std::vector<int64_t> integers(const int64_t* data, size_t n, const char* what);

// The caller's numbers, all finite; Error otherwise.
at::Tensor finite(at::Tensor numbers, const char* what);

// Copies a tensor to the caller, who has room for `count` floats; Error when that is another number
// than it has.
void copy_out(const at::Tensor& from, float* out, size_t count, const char* what = "out");
void copy_out(const std::vector<double>& from, double* out, size_t count);
void copy_out(const std::vector<int64_t>& from, int64_t* out, size_t count, const char* what);
// Whether there is room, before something long begins.
void expect_room(const std::vector<int64_t>& shape, const float* out, size_t count,
                 const char* what = "out");

// A view of the caller's tensor, for as long as the call runs: float32, float64 or bfloat16. Error
// when it is null, or of something else than numbers on the CPU or a CUDA device.
at::Tensor borrowed(const DLManagedTensor* tensor, const char* what);
// The same where the caller's tensor must have a shape. -1 stands for any number of rows.
at::Tensor borrowed(const DLManagedTensor* tensor, const std::vector<int64_t>& shape,
                    const char* what);
// A new tensor for the caller, which shares the memory.
DLManagedTensor* exported(const at::Tensor& tensor);

}  // namespace hspace::capi
