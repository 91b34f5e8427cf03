#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// A safetensors file (https://github.com/huggingface/safetensors#format), read-only: up to 64 MiB
// read into memory, above that memory-mapped.
//
// Opening it validates the whole header: a truncated, oversized or overlapping layout, bad UTF-8 or
// JSON is an Error that names the file and the tensor. Element types: F64 F32 F16 BF16 I64 I32 I16
// I8 U8 BOOL; tensors of others are listed, and an Error only where they are asked for. Copies
// share the bytes; const methods may be called from several threads.
//
// A mapped file must not be truncated or overwritten in place while it is in use: its tensors
// change with it, and touching what was cut off ends the process (SIGBUS). tensor() refuses a file
// that was changed since it was opened. Renaming another file over it is harmless.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path);

  const std::string& path() const;

  // Tensor names, sorted.
  std::vector<std::string> names() const;
  bool contains(const std::string& name) const;

  // What the file says of a tensor, without reading it. dtype() is absent for a type that tensor()
  // does not read.
  const std::string& dtype_name(const std::string& name) const;
  std::optional<at::ScalarType> dtype(const std::string& name) const;
  const std::vector<int64_t>& shape(const std::string& name) const;

  // The tensor on the CPU, contiguous, with the shape and element type of the file. It is a view of
  // the file's bytes, which it keeps alive; only data that the file does not align is copied.
  // Writing to it never changes the file. Error for a type that is not read, and when the file was
  // changed in place.
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
