#include "kernels/allocation.h"

#include <c10/core/CPUAllocator.h>

#include <unistd.h>

#include <algorithm>

#include "kernels/caching_allocator.h"

namespace hspace {

namespace {

// What a pass of a 256x256 network frees, or an eighth of a small machine's memory.
size_t limit() {
  const size_t memory = static_cast<size_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  return std::min<size_t>(size_t{1} << 30, memory / 8);
}

}  // namespace

void keep_freed_memory() {
  static const bool done = [] {
    if (c10::GetCPUAllocator() == c10::GetDefaultCPUAllocator()) {
      // Never deleted: tensors may be freed while the process ends.
      c10::SetCPUAllocator(new CachingAllocator(limit()));
    }
    return true;
  }();
  (void)done;
}

}  // namespace hspace
