#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "files/mapped_file.h"
#include "files/safetensors_format.h"
#include "files/text.h"
#include "hspace/error.h"
#include "hspace/safetensors.h"

namespace hspace {

namespace {

using nlohmann::json;
using namespace safetensors_format;

struct TensorEntry {
  std::string dtype_name;
  std::optional<at::ScalarType> dtype;  // absent where this library does not read the type
  std::vector<int64_t> shape;
  uint64_t begin = 0;  // bytes from the start of the data
  uint64_t end = 0;
};

[[noreturn]] void invalid(const std::string& path, const std::string& reason) {
  throw FileError(path + " is not a valid safetensors file: " + reason);
}

std::string range_text(const TensorEntry& entry) {
  return "[" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + ")";
}

// The bytes of the JSON header, a view of the mapping.
std::pair<const char*, uint64_t> header_bytes(const MappedFile& file, const std::string& path) {
  if (file.size() < kPrefixBytes) {
    invalid(path, "it has " + std::to_string(file.size()) +
                      " bytes, fewer than the 8 of the header size");
  }
  uint64_t size = 0;
  std::memcpy(&size, file.data(), kPrefixBytes);
  if (size > kMaxHeaderBytes) {
    invalid(path, "its header claims " + std::to_string(size) + " bytes, the limit is " +
                      std::to_string(kMaxHeaderBytes));
  }
  if (size > file.size() - kPrefixBytes) {
    invalid(path, "it is truncated: its header claims " + std::to_string(size) + " bytes, " +
                      std::to_string(file.size() - kPrefixBytes) + " follow");
  }
  return {file.data() + kPrefixBytes, size};
}

json parse_header(const char* text, uint64_t size, const std::string& path) {
  if (size == 0 || text[0] != '{') invalid(path, "its header does not begin with '{'");
  std::set<std::string> keys;
  std::string duplicate;
  const auto note_duplicates = [&](int depth, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::key && depth == 1 &&
        !keys.insert(value.get<std::string>()).second) {
      duplicate = value.get<std::string>();
    }
    return true;
  };
  json header;
  try {
    header = json::parse(text, text + size, note_duplicates);
  } catch (const json::parse_error& e) {
    // The parser's own message quotes the offending bytes, which need not be text.
    const bool encoding = std::strstr(e.what(), "UTF-8") != nullptr;
    invalid(path, std::string("its header is not valid ") + (encoding ? "UTF-8" : "JSON") +
                      " (at byte " + std::to_string(e.byte) + " of the header)");
  } catch (const json::exception&) {
    invalid(path, "its header holds a number out of range");
  }
  if (!duplicate.empty()) invalid(path, "the key " + in_quotes(duplicate) + " occurs twice");
  return header;
}

TensorEntry parse_entry(const std::string& name, const json& value, const std::string& path) {
  const std::string where = "tensor " + in_quotes(name) + ": ";
  if (!value.is_object()) invalid(path, where + "expected an object");
  for (const char* key : {"dtype", "shape", "data_offsets"}) {
    if (!value.contains(key)) invalid(path, where + in_quotes(key) + " is missing");
  }
  TensorEntry entry;
  const json& dtype = value["dtype"];
  if (!dtype.is_string()) invalid(path, where + "its dtype is not a string");
  entry.dtype_name = dtype.get<std::string>();
  entry.dtype = dtype_from_name(entry.dtype_name);

  const json& shape = value["shape"];
  bool sizes = shape.is_array();
  if (sizes) {
    for (const json& size : shape) {
      sizes = sizes && size.is_number_unsigned() &&
              size.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX);
      if (sizes) entry.shape.push_back(size.get<int64_t>());
    }
  }
  if (!sizes) invalid(path, where + "its shape is not a list of non-negative integers");

  const json& offsets = value["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    invalid(path, where + "its data_offsets are not two non-negative integers");
  }
  entry.begin = offsets[0].get<uint64_t>();
  entry.end = offsets[1].get<uint64_t>();
  if (entry.begin > entry.end)
    invalid(path, where + "its data_offsets " + range_text(entry) + " are reversed");

  if (!entry.dtype) return entry;  // how many bytes it takes is not ours to know
  const auto bytes = byte_count(*entry.dtype, entry.shape);
  if (!bytes) invalid(path, where + "its shape " + shape_text(entry.shape) + " is too large");
  if (static_cast<uint64_t>(*bytes) != entry.end - entry.begin) {
    invalid(path, where + "shape " + shape_text(entry.shape) + " of " + entry.dtype_name +
                      " needs " + std::to_string(*bytes) + " bytes, its data_offsets " +
                      range_text(entry) + " hold " + std::to_string(entry.end - entry.begin));
  }
  return entry;
}

std::map<std::string, std::string> parse_metadata(const json& value, const std::string& path) {
  if (!value.is_object()) invalid(path, "\"__metadata__\" is not an object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string())
      invalid(path, "\"__metadata__\": the value of " + in_quotes(key) + " is not a string");
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

// The tensors must cover the data exactly: no byte twice, none unused.
void check_layout(const std::map<std::string, TensorEntry>& entries, uint64_t data_bytes,
                  const std::string& path) {
  std::vector<std::pair<const std::string*, const TensorEntry*>> order;
  for (const auto& [name, entry] : entries) order.emplace_back(&name, &entry);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second->begin, a.second->end) < std::pair(b.second->begin, b.second->end);
  });
  uint64_t covered = 0;
  const std::string* previous = nullptr;
  for (const auto& [name, entry] : order) {
    if (entry->end > data_bytes) {
      invalid(path, "it is truncated: tensor " + in_quotes(*name) + " lies at bytes " +
                        range_text(*entry) + " of the data, which has " +
                        std::to_string(data_bytes));
    }
    if (entry->begin < covered) {
      invalid(path, "tensors " + in_quotes(*previous) + " and " + in_quotes(*name) +
                        " overlap at byte " + std::to_string(entry->begin) + " of the data");
    }
    if (entry->begin > covered) {
      invalid(path, "bytes [" + std::to_string(covered) + ", " + std::to_string(entry->begin) +
                        ") of the data belong to no tensor");
    }
    covered = entry->end;
    previous = name;
  }
  if (covered != data_bytes) {
    invalid(path, "bytes [" + std::to_string(covered) + ", " + std::to_string(data_bytes) +
                      ") of the data belong to no tensor");
  }
}

}  // namespace

struct SafetensorsFile::Contents {
  explicit Contents(const std::string& path) : path(path), file(path) {
    const auto [text, header_size] = header_bytes(file, path);
    const json header = parse_header(text, header_size, path);
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadataKey) {
        metadata = parse_metadata(value, path);
      } else {
        tensors.emplace(name, parse_entry(name, value, path));
      }
    }
    data_start = kPrefixBytes + header_size;
    check_layout(tensors, file.size() - data_start, path);
  }

  const TensorEntry& entry(const std::string& name) const {
    const auto found = tensors.find(name);
    if (found == tensors.end()) throw FileError(path + " holds no tensor " + in_quotes(name));
    return found->second;
  }

  std::string path;
  MappedFile file;
  uint64_t data_start = 0;
  std::map<std::string, TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
};

SafetensorsFile::SafetensorsFile(const std::string& path)
    : contents_(std::make_shared<Contents>(path)) {}

const std::string& SafetensorsFile::path() const { return contents_->path; }

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  for (const auto& entry : contents_->tensors) names.push_back(entry.first);
  return names;
}

bool SafetensorsFile::contains(const std::string& name) const {
  return contents_->tensors.count(name) > 0;
}

const std::string& SafetensorsFile::dtype_name(const std::string& name) const {
  return contents_->entry(name).dtype_name;
}

const std::vector<int64_t>& SafetensorsFile::shape(const std::string& name) const {
  return contents_->entry(name).shape;
}

std::optional<at::ScalarType> SafetensorsFile::dtype(const std::string& name) const {
  return contents_->entry(name).dtype;
}

at::Tensor SafetensorsFile::tensor(const std::string& name) const {
  const TensorEntry& entry = contents_->entry(name);
  if (!entry.dtype) {
    throw FileError(path() + ": tensor " + in_quotes(name) + " is of dtype " +
                    in_quotes(entry.dtype_name) + ", expected one of " + dtype_names());
  }
  const at::ScalarType dtype = *entry.dtype;
  const auto options = at::TensorOptions().dtype(dtype).device(at::kCPU);
  const uint64_t bytes = entry.end - entry.begin;
  if (bytes == 0) return at::empty(entry.shape, options);

  contents_->file.check_unchanged();
  char* data = contents_->file.data() + contents_->data_start + entry.begin;
  const bool aligned = reinterpret_cast<uintptr_t>(data) % c10::elementSize(dtype) == 0;
  if (aligned && dtype != at::kBool) {
    return at::from_blob(data, entry.shape, [keep = contents_](void*) {}, options);
  }
  at::Tensor copy = at::empty(entry.shape, options);
  if (dtype == at::kBool) {  // any byte but 0 and 1 would be undefined behaviour in C++
    std::transform(data, data + bytes, static_cast<bool*>(copy.data_ptr()),
                   [](char byte) { return byte != 0; });
  } else {
    std::memcpy(copy.data_ptr(), data, bytes);
  }
  return copy;
}

std::vector<std::string> SafetensorsFile::metadata_keys() const {
  std::vector<std::string> keys;
  for (const auto& entry : contents_->metadata) keys.push_back(entry.first);
  return keys;
}

bool SafetensorsFile::contains_metadata(const std::string& key) const {
  return contents_->metadata.count(key) > 0;
}

std::string SafetensorsFile::metadata(const std::string& key) const {
  const auto found = contents_->metadata.find(key);
  if (found == contents_->metadata.end())
    throw FileError(path() + " has no metadata " + in_quotes(key));
  return found->second;
}

}  // namespace hspace
