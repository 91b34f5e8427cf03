#include "runtime/caching_allocator.h"

#include <c10/util/Exception.h>

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <new>

namespace hspace {

namespace {

constexpr size_t kAlignment = 64;        // a cache line, a vector of AVX-512
constexpr size_t kLeastKept = 64 << 10;  // the C library is quick enough below
constexpr size_t kPage = 4 << 10;
constexpr size_t kHugePage = 2 << 20;

template <typename T>
T round_up(T value, T unit) {
  return (value + unit - 1) / unit * unit;
}

// Fresh pages that begin at a multiple of a huge page; null when there are none.
void* map_pages(size_t bytes) {
  const size_t reserved = bytes + kHugePage;
  void* memory =
      ::mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  auto* begin = static_cast<char*>(memory);
  const auto address = reinterpret_cast<uintptr_t>(memory);
  char* aligned = begin + (round_up<uintptr_t>(address, kHugePage) - address);
  if (aligned > begin) ::munmap(begin, static_cast<size_t>(aligned - begin));
  ::munmap(aligned + bytes, static_cast<size_t>(begin + reserved - (aligned + bytes)));
#if defined(MADV_HUGEPAGE)
  // A wish: the whole huge pages among them become such where the system allows it.
  ::madvise(aligned, bytes, MADV_HUGEPAGE);
#endif
  return aligned;
}

}  // namespace

// Lies before the tensor's data.
struct alignas(kAlignment) CachingAllocator::Block {
  CachingAllocator* owner;
  size_t capacity;  // with this head

  void* data() { return this + 1; }
  static Block* of(void* data) { return static_cast<Block*>(data) - 1; }

  static Block* from_system(CachingAllocator* owner, size_t capacity) {
    void* memory = nullptr;
    if (capacity >= kHugePage) {
      memory = map_pages(capacity);
    } else if (::posix_memalign(&memory, kAlignment, capacity) != 0) {
      memory = nullptr;
    }
    return memory == nullptr ? nullptr : new (memory) Block{owner, capacity};
  }

  static void to_system(Block* block) {
    if (block->capacity >= kHugePage) {
      ::munmap(block, block->capacity);
    } else {
      std::free(block);
    }
  }
};

CachingAllocator::~CachingAllocator() { release(); }

c10::DataPtr CachingAllocator::allocate(size_t bytes) {
  if (bytes == 0) return {nullptr, nullptr, &free, c10::Device(c10::DeviceType::CPU)};
  Block* block = nullptr;
  if (bytes < SIZE_MAX / 2) {  // sums below do not overflow
    size_t capacity = bytes + sizeof(Block);
    if (capacity >= kLeastKept) {
      capacity = round_up(capacity, kPage);
      block = take(capacity);
    }
    if (block == nullptr) block = Block::from_system(this, capacity);
    if (block == nullptr) {
      release();
      block = Block::from_system(this, capacity);
    }
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
    Block::to_system(block);
  }
}

// The kept block that fits best, if any wastes at most a quarter.
CachingAllocator::Block* CachingAllocator::take(size_t capacity) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Sizes::iterator best = sizes_.lower_bound(capacity);
  if (best == sizes_.end() || best->first > capacity + capacity / 4) return nullptr;
  best = std::prev(sizes_.upper_bound(best->first));  // freed last, so nearest to the processor
  return remove(best);
}

CachingAllocator::Block* CachingAllocator::remove(Sizes::iterator entry) {
  Block* block = *entry->second;
  age_.erase(entry->second);
  sizes_.erase(entry);
  kept_ -= block->capacity;
  return block;
}

void CachingAllocator::keep(Block* block) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (block->capacity > limit_) {
    Block::to_system(block);
    return;
  }
  while (kept_ + block->capacity > limit_) drop_oldest();
  Age node;
  try {
    node.push_back(block);
    sizes_.emplace(block->capacity, node.begin());
  } catch (const std::bad_alloc&) {
    Block::to_system(block);
    return;
  }
  age_.splice(age_.end(), node);
  kept_ += block->capacity;
}

void CachingAllocator::drop_oldest() {
  // Equal sizes are in the order of their age.
  Block::to_system(remove(sizes_.lower_bound(age_.front()->capacity)));
}

}  // namespace hspace
