#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What reader and writer share of the safetensors format: an 8-byte little-endian header size, a
// JSON header, the data.
namespace hspace::safetensors_format {

constexpr uint64_t kPrefixBytes = 8;
// The limit of the reference implementation.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr const char* kMetadataKey = "__metadata__";

// Absent for a type that this library does not read (F8_E4M3, U16, U32, U64 ...).
std::optional<at::ScalarType> dtype_from_name(const std::string& name);

// Absent for a type that this library does not write.
std::optional<std::string> dtype_name(at::ScalarType dtype);

// "F64, F32, ..."
std::string dtype_names();

// Bytes of a dense tensor; absent when that, or a stride, does not fit into 63 bits.
std::optional<int64_t> byte_count(at::ScalarType dtype, const std::vector<int64_t>& shape);

}  // namespace hspace::safetensors_format
