#include "runtime/kept_memory.h"

#include <c10/core/CPUAllocator.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>

#include "hspace/runtime.h"
#include "runtime/caching_allocator.h"

namespace hspace {

namespace {

// What a pass of a 256x256 network frees, and more.
constexpr uint64_t kMostKept = uint64_t{1} << 30;
constexpr uint64_t kUnlimited = UINT64_MAX;

// The machine's memory, or the part of it that the container may use.
uint64_t usable_memory() {
  uint64_t least = kUnlimited;
  const int64_t pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0) least = static_cast<uint64_t>(pages) * static_cast<uint64_t>(page);
  for (const char* file :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    uint64_t limit = 0;
    if (std::ifstream(file) >> limit) least = std::min(least, limit);  // "max" is no number
  }
  return least;
}

}  // namespace

void keep_freed_memory() {
  static const bool done = [] {
    if (c10::GetCPUAllocator() == c10::GetDefaultCPUAllocator()) {
      // Never deleted: tensors may be freed while the process ends.
      c10::SetCPUAllocator(new CachingAllocator(std::min(kMostKept, usable_memory() / 8)));
    }
    return true;
  }();
  (void)done;
}

void release_memory() {
  if (auto* allocator = dynamic_cast<CachingAllocator*>(c10::GetCPUAllocator()))
    allocator->release();
}

}  // namespace hspace
