#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hspace/provenance.h"
#include "hspace/safetensors.h"

namespace hspace {

// A safetensors file of one of our own formats, read with every field checked: a getter returns
// what its caller can rely on, or throws a FileError that names file, field, expectation and
// finding.
class FormatFile {
 public:
  // Opens a file of version 1 of a format. kind: what messages call it, for instance "a direction
  // file"; format: what the metadata "format" must be.
  FormatFile(const std::string& path, const std::string& kind, const std::string& format);

  // The file's name in messages.
  const std::string& place() const { return file_.path(); }
  // Complains of a field.
  [[noreturn]] void refuse(const std::string& field, const std::string& expected,
                           const std::string& found) const;

  // A string of the metadata, if it is there.
  std::optional<std::string> metadata(const std::string& key) const;
  // The metadata "provenance".
  Provenance provenance() const;
  // A JSON list of the metadata: at least one text of one line, all different.
  std::vector<std::string> names(const std::string& key) const;

  bool contains(const std::string& tensor) const { return file_.contains(tensor); }
  // The names of all tensors, sorted.
  std::vector<std::string> tensors() const { return file_.names(); }

  // A tensor of any type and shape.
  at::Tensor tensor(const std::string& name) const { return file_.tensor(name); }
  // A tensor of floating-point numbers, on the CPU, a view of the file; -1 in the shape is an
  // extent of at least 1.
  at::Tensor floats(const std::string& name, const std::vector<int64_t>& shape) const;
  // The same, with no number that is infinite or not a number. Reads all of them.
  at::Tensor finite(const std::string& name, const std::vector<int64_t>& shape) const;
  // Training timesteps (T): at least one, descending.
  std::vector<int64_t> timesteps(const std::string& name) const;

 private:
  enum class Numbers { kFloating, kWhole };
  at::Tensor checked(const std::string& name, Numbers numbers,
                     const std::vector<int64_t>& shape) const;

  SafetensorsFile file_;
};

}  // namespace hspace
