#pragma once

namespace hspace {

// Sets how many threads one operator may use (ATen and OpenMP), n >= 1.
// OpenBLAS is always held to one thread: its own pool competes with OpenMP's for the same cores,
// which makes a small matrix product cost milliseconds instead of tenths of one. Throws Error when
// n < 1.
void set_threads(int n);

// The number of threads one operator may use.
int threads();

}  // namespace hspace
