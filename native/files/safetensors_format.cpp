#include "files/safetensors_format.h"

#include <algorithm>
#include <utility>

namespace hspace::safetensors_format {

namespace {

const std::vector<std::pair<const char*, at::ScalarType>>& dtypes() {
  static const std::vector<std::pair<const char*, at::ScalarType>> table = {
      {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf},  {"BF16", at::kBFloat16},
      {"I64", at::kLong},   {"I32", at::kInt},   {"I16", at::kShort}, {"I8", at::kChar},
      {"U8", at::kByte},    {"BOOL", at::kBool}};
  return table;
}

}  // namespace

std::optional<at::ScalarType> dtype_from_name(const std::string& name) {
  for (const auto& [known, dtype] : dtypes()) {
    if (name == known) return dtype;
  }
  return std::nullopt;
}

std::optional<std::string> dtype_name(at::ScalarType dtype) {
  for (const auto& [name, known] : dtypes()) {
    if (dtype == known) return name;
  }
  return std::nullopt;
}

std::string dtype_names() {
  std::string names;
  for (const auto& entry : dtypes())
    names += (names.empty() ? "" : ", ") + std::string(entry.first);
  return names;
}

std::optional<int64_t> byte_count(at::ScalarType dtype, const std::vector<int64_t>& shape) {
  auto bytes = static_cast<int64_t>(c10::elementSize(dtype));
  bool empty = false;
  for (int64_t size : shape) {
    empty = empty || size == 0;
    // Strides count an empty dimension as one, so they can overflow even where the product does
    // not.
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(size, 1), &bytes)) return std::nullopt;
  }
  return empty ? 0 : bytes;
}

}  // namespace hspace::safetensors_format
