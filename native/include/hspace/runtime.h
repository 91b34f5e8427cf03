#pragma once

// What a whole process shares: the threads of LibTorch and of OpenBLAS.
// Loading this library changes none of it; a process that has no other user of LibTorch does well
// to call configure_runtime once, before its first network pass.

#include "hspace/export.h"

namespace hspace HSPACE_API {

struct RuntimeOptions {
  // Threads of one operator (ATen and OpenMP); 0 leaves what the process has.
  int threads = 0;

  // Threads of OpenBLAS's own pool, which competes with OpenMP's for the same cores: with more than
  // one a small matrix product costs milliseconds instead of tenths of one. 0 leaves what the
  // process has.
  int openblas_threads = 0;
};

// Sets what the options name, for everything in the process that uses LibTorch. Throws Error when a
// number is negative or above 1024; nothing has been changed then.
void configure_runtime(const RuntimeOptions& options);

// The number of threads one operator may use.
int threads();

// The number of threads of OpenBLAS's pool; 0 where OpenBLAS is not loaded.
int openblas_threads();

}  // namespace hspace
