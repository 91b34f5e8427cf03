#pragma once

#include <stdexcept>
#include <string>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// Where what an Error complains of can be put right.
enum class ErrorKind {
  kArgument,  // in what the caller passed
  kFile,      // in a file or folder: missing, malformed, cut off, or impossible to write
  kMismatch,  // in the choice of two that do not belong together: a file and a model
};

// The one exception of this library for anything its user can put right: a bad file, a bad option,
// a full disk. `what()` begins with "hspace: " and says what was expected, what was found, and
// where.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ErrorKind kind = ErrorKind::kArgument)
      : std::runtime_error("hspace: " + message), kind_(kind) {}

  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

// An Error of kind kFile.
class FileError : public Error {
 public:
  explicit FileError(const std::string& message) : Error(message, ErrorKind::kFile) {}
};

}  // namespace hspace
