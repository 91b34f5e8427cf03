#pragma once

namespace hspace {

// Makes LibTorch's CPU tensors out of a CachingAllocator, unless they have one that is not
// LibTorch's own.
void keep_freed_memory();

}  // namespace hspace
