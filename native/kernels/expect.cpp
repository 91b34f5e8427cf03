#include "kernels/expect.h"

#include <sstream>
#include <stdexcept>

namespace hspace {
namespace {

bool fits(const at::Tensor& tensor, at::IntArrayRef shape, at::ScalarType dtype,
          at::Device device) {
  if (!tensor.defined() || tensor.dim() != static_cast<int64_t>(shape.size()) ||
      tensor.scalar_type() != dtype || tensor.device().type() != device.type() ||
      (device.has_index() && tensor.device() != device)) {  // "cuda" is any of them
    return false;
  }
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t size = tensor.sizes()[i];
    if (size < 1 || (shape[i] != kAnySize && size != shape[i])) return false;
  }
  return true;
}

[[noreturn]] void fail(const char* kernel, const std::string& misfit) {
  throw std::invalid_argument(std::string(kernel) + ": " + misfit);
}

}  // namespace

std::string describe(const at::Tensor& tensor) {
  if (!tensor.defined()) return "no tensor";
  std::ostringstream text;
  text << tensor.sizes() << ' ' << tensor.scalar_type() << " on " << tensor.device();
  return text.str();
}

std::string misfit(const at::Tensor& tensor, at::IntArrayRef shape, at::ScalarType dtype,
                   at::Device device) {
  if (fits(tensor, shape, dtype, device)) return {};
  std::ostringstream text;
  text << "expected [";
  for (size_t i = 0; i < shape.size(); ++i) {
    text << (i == 0 ? "" : ", ");
    if (shape[i] == kAnySize) {
      text << "any";
    } else {
      text << shape[i];
    }
  }
  text << "] " << dtype << " on " << device << ", found " << describe(tensor);
  return text.str();
}

void expect(const char* kernel, const at::Tensor& tensor, at::IntArrayRef shape,
            at::ScalarType dtype) {
  if (!fits(tensor, shape, dtype, at::kCPU)) fail(kernel, misfit(tensor, shape, dtype, at::kCPU));
}

void expect_fast_type(const char* kernel, at::ScalarType dtype) {
  if (dtype == at::kFloat || dtype == at::kBFloat16) return;
  fail(kernel, std::string("expected Float or BFloat16, found ") + c10::toString(dtype));
}

void expect_rows(const char* kernel, const Rows& rows, int64_t n, int64_t recorded) {
  expect(kernel, rows.host, {n}, at::kLong);
  expect(kernel, rows.host.is_contiguous(), "contiguous rows");
  for (int64_t i = 0; i < n; ++i) {
    if (rows[i] < 0 || rows[i] >= recorded) {
      fail(kernel, "expected rows in [0, " + std::to_string(recorded) + "), found " +
                       std::to_string(rows[i]));
    }
  }
}

void expect(const char* kernel, bool holds, const char* what) {
  if (!holds) fail(kernel, std::string("expected ") + what);
}

}  // namespace hspace
