#include "capi/arrays.h"

#include <ATen/DLConvertor.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>

#include "capi/status.h"
#include "files/text.h"
#include "layers/device_check.h"
#include "pipeline/finite.h"

namespace hspace::capi {

namespace {

std::string room(const char* what, const std::string& expected, const std::string& found) {
  return std::string(what) + ": expected room for " + expected + ", found " + found;
}

template <typename T>
void copy_numbers(const std::vector<T>& from, T* out, size_t count, const char* what) {
  if (count != from.size())
    throw Error(room(what, std::to_string(from.size()), std::to_string(count)));
  std::copy(from.begin(), from.end(), &required(out, what));
}

at::ScalarType type_of(const DLDataType& type, const char* what) {
  if (type.lanes == 1 && type.code == kDLFloat && type.bits == 32) return at::kFloat;
  if (type.lanes == 1 && type.code == kDLFloat && type.bits == 64) return at::kDouble;
  if (type.lanes == 1 && type.code == kDLBfloat && type.bits == 16) return at::kBFloat16;
  throw Error(std::string(what) + ": expected float32, float64 or bfloat16, found type code " +
              std::to_string(type.code) + " of " + std::to_string(type.bits) + " bits");
}

at::Device device_of(const DLDevice& device, const char* what) {
  if (device.device_type == kDLCPU) return at::kCPU;
  if (device.device_type == kDLCUDA)
    return checked_device(at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device.device_id)));
  throw Error(std::string(what) + ": expected a tensor on the CPU or a CUDA device, found device " +
              std::to_string(device.device_type));
}

// LibTorch ends the process for strides that lead out of memory's addresses.
void check_reach(const DLTensor& tensor, const char* what) {
  constexpr int64_t kFarthest = int64_t{1} << 47;  // of all addresses of a process
  int64_t farthest = 0, numbers = 1;
  for (int32_t i = 0; i < tensor.ndim; ++i) {
    const int64_t size = tensor.shape[i];
    if (__builtin_mul_overflow(numbers, size, &numbers) || numbers > kFarthest)
      throw Error(std::string(what) + ": its shape holds more than memory can hold");
    if (tensor.strides == nullptr || size < 2) continue;
    const int64_t stride = tensor.strides[i];
    if (stride < 0) {
      throw Error(std::string(what) + ": expected strides of at least 0, found " +
                  std::to_string(stride) + "; a copy has none that are below");
    }
    int64_t reach = 0;
    if (__builtin_mul_overflow(stride, size - 1, &reach) ||
        __builtin_add_overflow(farthest, reach, &farthest) || farthest > kFarthest) {
      throw Error(std::string(what) + ": its strides reach beyond what memory can hold");
    }
  }
}

}  // namespace

std::vector<int64_t> shape_of(size_t n, const std::vector<int64_t>& tail, const char* what) {
  constexpr int64_t kMost = int64_t{1} << 45;  // floats in all addresses of a process
  int64_t numbers = 1;
  bool fits = n <= static_cast<size_t>(kMost);
  for (const int64_t size : tail) fits = fits && !__builtin_mul_overflow(numbers, size, &numbers);
  if (!fits || (numbers > 0 && static_cast<int64_t>(n) > kMost / numbers))
    throw Error(std::string(what) + ": " + std::to_string(n) + " are more than memory can hold");
  std::vector<int64_t> shape = {static_cast<int64_t>(n)};
  shape.insert(shape.end(), tail.begin(), tail.end());
  return shape;
}

at::Tensor floats(const float* data, const std::vector<int64_t>& shape, const char* what) {
  return at::from_blob(const_cast<float*>(&required(data, what)), shape, at::kFloat);
}

std::vector<int64_t> integers(const int64_t* data, size_t n, const char* what) {
  if (n == 0) return {};
  shape_of(n, {}, what);
  return {&required(data, what), data + n};
}

at::Tensor finite(at::Tensor numbers, const char* what) {
  require_finite(numbers, what);
  return numbers;
}

void expect_room(const std::vector<int64_t>& shape, const float* out, size_t count,
                 const char* what) {
  size_t numbers = 1;
  for (const int64_t size : shape) numbers *= static_cast<size_t>(size);
  required(out, what);
  if (count != numbers) {
    throw Error(room(what, std::to_string(numbers) + " floats " + shape_text(shape),
                     std::to_string(count)));
  }
}

void copy_out(const at::Tensor& from, float* out, size_t count, const char* what) {
  expect_room(from.sizes().vec(), out, count, what);
  at::from_blob(out, from.sizes(), at::kFloat).copy_(from);
}

void copy_out(const std::vector<double>& from, double* out, size_t count) {
  copy_numbers(from, out, count, "out");
}

void copy_out(const std::vector<int64_t>& from, int64_t* out, size_t count, const char* what) {
  copy_numbers(from, out, count, what);
}

at::Tensor borrowed(const DLManagedTensor* tensor, const char* what) {
  const DLTensor& found = required(tensor, what).dl_tensor;
  const at::TensorOptions options =
      at::device(device_of(found.device, what)).dtype(type_of(found.dtype, what));
  bool whole =
      found.data != nullptr && found.ndim >= 0 && (found.ndim == 0 || found.shape != nullptr);
  for (int32_t i = 0; whole && i < found.ndim; ++i) whole = found.shape[i] >= 0;
  if (!whole)
    throw Error(std::string(what) + ": expected a tensor with data and a shape, found none");
  check_reach(found, what);
  void* data = static_cast<char*>(found.data) + found.byte_offset;
  const at::IntArrayRef shape(found.shape, static_cast<size_t>(found.ndim));
  if (found.strides == nullptr) return at::from_blob(data, shape, options);
  return at::from_blob(data, shape, at::IntArrayRef(found.strides, shape.size()), options);
}

at::Tensor borrowed(const DLManagedTensor* tensor, const std::vector<int64_t>& shape,
                    const char* what) {
  const at::Tensor view = borrowed(tensor, what);
  bool fits = view.dim() == static_cast<int64_t>(shape.size());
  for (size_t i = 0; fits && i < shape.size(); ++i)
    fits = view.size(static_cast<int64_t>(i)) == shape[i] || (i == 0 && shape[i] == -1);
  if (fits) return view;
  std::string expected = shape_text(shape);
  if (shape[0] == -1) expected.replace(expected.find("-1"), 2, "n");
  throw Error(std::string(what) + ": expected " + expected + ", found " +
              shape_text(view.sizes().vec()));
}

DLManagedTensor* exported(const at::Tensor& tensor) { return at::toDLPack(tensor); }

}  // namespace hspace::capi
