#pragma once

#include <c10/core/Allocator.h>

#include <cstddef>
#include <list>
#include <map>
#include <mutex>

namespace hspace {

// Memory of CPU tensors. A network pass asks for the same few sizes again and again; what it frees
// is kept for the next request of that size, up to a limit, because the system would have to clear
// every page anew. Large blocks lie on huge pages where the system has them. Of what is kept, the
// part that has lain there longest makes room for more.
//
// The allocator has to outlive the tensors that it made. All members may be called by any thread.
class CachingAllocator final : public c10::Allocator {
 public:
  // limit: bytes that may be kept.
  explicit CachingAllocator(size_t limit) : limit_(limit) {}
  ~CachingAllocator() override;
  CachingAllocator(const CachingAllocator&) = delete;
  CachingAllocator& operator=(const CachingAllocator&) = delete;

  // Aligned to 64 bytes, not cleared. Throws c10::OutOfMemoryError when the system has no more,
  // even after everything that was kept has been given back.
  c10::DataPtr allocate(size_t bytes) override;
  c10::DeleterFnPtr raw_deleter() const override;
  void copy_data(void* to, const void* from, size_t bytes) const override;

  // Bytes kept at present.
  size_t kept() const;

  // Gives back what is kept.
  void release();

 private:
  struct Block;
  using Age = std::list<Block*>;                       // the oldest first
  using Sizes = std::multimap<size_t, Age::iterator>;  // by capacity

  static void free(void* data);
  Block* take(size_t capacity);
  void keep(Block* block);
  Block* remove(Sizes::iterator entry);
  void drop_oldest();

  const size_t limit_;
  mutable std::mutex mutex_;
  size_t kept_ = 0;
  Age age_;
  Sizes sizes_;
};

}  // namespace hspace
