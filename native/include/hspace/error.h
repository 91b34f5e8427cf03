#pragma once

#include <stdexcept>
#include <string>

namespace hspace {

// The one exception of this library for anything its user can put right: a bad file, a bad option,
// a full disk. `what()` begins with "hspace: " and says what was expected, what was found, and
// where.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error("hspace: " + message) {}
};

}  // namespace hspace
