#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// A computation that its listener ended.
class Cancelled : public std::runtime_error {
 public:
  Cancelled() : std::runtime_error("hspace cancelled: the caller ended the computation") {}
};

// Hears how far a long computation is.
class Progress {
 public:
  virtual ~Progress() = default;

  // Called on the computing thread, at most once a network pass: `done` of `total` units, for
  // instance "steps". False cancels: the computation ends in Cancelled, and what it was writing is
  // removed.
  virtual bool update(int64_t done, int64_t total, const char* unit) = 0;

  // Called when the user must know something that does not stop the work; one sentence.
  virtual void warn(const std::string& message);

  // Hears nothing.
  static Progress& none();
};

}  // namespace hspace
