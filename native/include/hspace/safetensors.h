#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hspace {

// A safetensors file (https://github.com/huggingface/safetensors#format), memory-mapped and
// read-only.
//
// Opening it validates the whole header: a truncated, oversized or overlapping layout, bad UTF-8 or
// JSON, or an unknown dtype is an Error that names the file and the tensor. Element types: F64 F32
// F16 BF16 I64 I32 I16 I8 U8 BOOL. Copies share the mapping; const methods may be called from
// several threads.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path);

  const std::string& path() const;

  // Tensor names, sorted.
  std::vector<std::string> names() const;
  bool contains(const std::string& name) const;

  // The tensor on the CPU, contiguous, with the shape and element type of the file. It is a view of
  // the mapping, which it keeps alive; only data that the file does not align is copied. Writing to
  // it never changes the file.
  at::Tensor tensor(const std::string& name) const;

  // The keys of the "__metadata__" entry, sorted; empty without one.
  std::vector<std::string> metadata_keys() const;
  bool contains_metadata(const std::string& key) const;
  std::string metadata(const std::string& key) const;

 private:
  struct Contents;
  std::shared_ptr<const Contents> contents_;
};

// Writes a safetensors file whose tensors may be larger than memory: shapes are declared first,
// rows follow in any order. Data goes to a temporary name beside the destination, whose disk space
// is reserved by the first write; finish() makes it durable and renames it, so that `path` either
// does not change or is complete. The destructor removes what was not finished, the next writer of
// the same path what a killed process left. A symbolic link is followed; what is there and no
// regular file is an Error. One thread at a time.
class SafetensorsWriter {
 public:
  explicit SafetensorsWriter(const std::string& path);
  ~SafetensorsWriter();
  SafetensorsWriter(const SafetensorsWriter&) = delete;
  SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;

  // Where the data goes until finish(): for those who clean up after a signal.
  const std::string& temporary() const;

  // Both must come before the first write.
  void declare(const std::string& name, at::ScalarType dtype, const std::vector<int64_t>& shape);
  void metadata(const std::string& key, const std::string& value);

  // Writes rows [first_row, first_row + n) of a declared tensor.  rows (n, d_1, ..., d_k) for a
  // tensor (N, d_1, ..., d_k), of the declared element type, on any device, with any strides. A
  // tensor without dimensions is one row.
  void write(const std::string& name, const at::Tensor& rows, int64_t first_row = 0);

  // Error if any row was not written, or the disk is full.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hspace
