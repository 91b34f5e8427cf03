#pragma once

#include "hspace.h"
#include "hspace/progress.h"

namespace hspace::capi {

// The caller's progress function, which may be null.
class CallbackProgress : public Progress {
 public:
  CallbackProgress(hspace_progress progress, void* user) : progress_(progress), user_(user) {}

  bool update(int64_t done, int64_t total, const char*) override {
    return progress_ == nullptr || progress_(done, total, user_);
  }

 private:
  hspace_progress progress_;
  void* user_;
};

}  // namespace hspace::capi
