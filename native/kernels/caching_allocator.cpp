#include "kernels/caching_allocator.h"

#include <c10/util/Exception.h>

#include <cstdlib>
#include <iterator>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace hspace {

namespace {

constexpr size_t kAlignment = 64;        // a cache line, a vector of AVX-512
constexpr size_t kLeastKept = 64 << 10;  // the C library is quick enough below
constexpr size_t kPage = 4 << 10;
constexpr size_t kHugePage = 2 << 20;

size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

// Lies before the tensor's data.
struct alignas(kAlignment) CachingAllocator::Block {
  CachingAllocator* owner;
  size_t capacity;  // with this head

  void* data() { return this + 1; }
  static Block* of(void* data) { return static_cast<Block*>(data) - 1; }

  static Block* from_system(CachingAllocator* owner, size_t capacity) {
    const size_t alignment = capacity >= kHugePage    ? kHugePage
                             : capacity >= kLeastKept ? kPage
                                                      : kAlignment;
    void* memory = nullptr;
    if (::posix_memalign(&memory, alignment, capacity) != 0) return nullptr;
#if defined(MADV_HUGEPAGE)
    // A wish: the whole huge pages of the block become such where the system allows it.
    if (capacity >= kHugePage) ::madvise(memory, capacity, MADV_HUGEPAGE);
#endif
    return new (memory) Block{owner, capacity};
  }
};

CachingAllocator::~CachingAllocator() { release(); }

c10::DataPtr CachingAllocator::allocate(size_t bytes) {
  if (bytes == 0) return {nullptr, nullptr, &free, c10::Device(c10::DeviceType::CPU)};
  size_t capacity = bytes + sizeof(Block);
  if (capacity >= kLeastKept) capacity = round_up(capacity, kPage);
  Block* block = capacity >= kLeastKept ? take(capacity) : nullptr;
  if (block == nullptr) block = Block::from_system(this, capacity);
  if (block == nullptr) {
    release();
    block = Block::from_system(this, capacity);
  }
  TORCH_CHECK_WITH(OutOfMemoryError, block != nullptr, "can't allocate memory: ", bytes, " bytes");
  return {block->data(), block->data(), &free, c10::Device(c10::DeviceType::CPU)};
}

c10::DeleterFnPtr CachingAllocator::raw_deleter() const { return &free; }

void CachingAllocator::copy_data(void* to, const void* from, size_t bytes) const {
  default_copy_data(to, from, bytes);
}

size_t CachingAllocator::kept() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return kept_;
}

void CachingAllocator::release() {
  const std::lock_guard<std::mutex> lock(mutex_);
  while (!age_.empty()) drop_oldest();
}

void CachingAllocator::free(void* data) {
  if (data == nullptr) return;
  Block* block = Block::of(data);
  if (block->capacity >= kLeastKept) {
    block->owner->keep(block);
  } else {
    std::free(block);
  }
}

// The kept block that fits best, if any wastes at most a quarter.
CachingAllocator::Block* CachingAllocator::take(size_t capacity) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Sizes::iterator best = sizes_.lower_bound(capacity);
  if (best == sizes_.end() || best->first > capacity + capacity / 4) return nullptr;
  best = std::prev(sizes_.upper_bound(best->first));  // freed last, so nearest to the processor
  Block* block = *best->second;
  age_.erase(best->second);
  sizes_.erase(best);
  kept_ -= block->capacity;
  return block;
}

void CachingAllocator::keep(Block* block) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (block->capacity > limit_) {
    std::free(block);
    return;
  }
  while (kept_ + block->capacity > limit_) drop_oldest();
  sizes_.emplace(block->capacity, age_.insert(age_.end(), block));
  kept_ += block->capacity;
}

void CachingAllocator::drop_oldest() {
  Block* block = age_.front();
  sizes_.erase(sizes_.lower_bound(block->capacity));  // equal sizes are in the order of their age
  age_.pop_front();
  kept_ -= block->capacity;
  std::free(block);
}

}  // namespace hspace
