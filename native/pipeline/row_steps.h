#pragma once

#include <cstdint>

#include "hspace/progress.h"

namespace hspace {

// Counts steps times rows for a listener.
class RowSteps {
 public:
  RowSteps(Progress& progress, int64_t total) : progress_(progress), total_(total) {}

  // Counts one step of a batch with that many rows. Cancelled when the listener ends the work.
  void add(int64_t rows) {
    done_ += rows;
    if (!progress_.update(done_, total_, "steps")) throw Cancelled();
  }

 private:
  Progress& progress_;
  int64_t total_;
  int64_t done_ = 0;
};

}  // namespace hspace
