#include "kernels/allocation.h"

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace hspace {

void keep_freed_memory() {
#if defined(__GLIBC__)
  // Setting either by hand also keeps glibc from moving them.
  static const bool done = [] {
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that glibc allows
    return true;
  }();
  (void)done;
#endif
}

}  // namespace hspace
