#include "runtime/caching_allocator.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace hspace {
namespace {

constexpr size_t kMiB = 1 << 20;

TEST(CachingAllocatorTest, GivesWhatWasFreedToTheNextOfItsSize) {
  CachingAllocator allocator(64 * kMiB);
  void* first = nullptr;
  {
    const c10::DataPtr block = allocator.allocate(5 * kMiB);
    first = block.get();
    EXPECT_EQ(allocator.kept(), 0);
  }
  EXPECT_GE(allocator.kept(), 5 * kMiB);
  EXPECT_LT(allocator.kept(), 5 * kMiB + kMiB / 8);
  const c10::DataPtr again = allocator.allocate(5 * kMiB - 100);
  EXPECT_EQ(again.get(), first);
  EXPECT_EQ(allocator.kept(), 0);
}

TEST(CachingAllocatorTest, WastesAtMostAQuarter) {
  CachingAllocator allocator(64 * kMiB);
  void* first = nullptr;
  {
    const c10::DataPtr block = allocator.allocate(10 * kMiB);
    first = block.get();
  }
  EXPECT_NE(allocator.allocate(7 * kMiB).get(), first);
  EXPECT_NE(allocator.allocate(11 * kMiB).get(), first);
  EXPECT_EQ(allocator.allocate(9 * kMiB).get(), first);
}

TEST(CachingAllocatorTest, KeepsNoMoreThanItsLimit) {
  CachingAllocator allocator(10 * kMiB);
  std::vector<c10::DataPtr> blocks;
  void* last = nullptr;
  for (size_t i = 1; i <= 6; ++i) {
    blocks.push_back(allocator.allocate(i * kMiB));
    last = blocks.back().get();
  }
  for (c10::DataPtr& block : blocks) {
    block.clear();
    EXPECT_LE(allocator.kept(), 10 * kMiB);
  }
  // The oldest went: of the sizes 1 to 6 only the last one fits.
  EXPECT_GE(allocator.kept(), 6 * kMiB);
  EXPECT_LT(allocator.kept(), 7 * kMiB);
  EXPECT_EQ(allocator.allocate(6 * kMiB).get(), last);
  allocator.allocate(11 * kMiB);  // more than may be kept at all
  EXPECT_LT(allocator.kept(), 7 * kMiB);
  allocator.release();
  EXPECT_EQ(allocator.kept(), 0);
}

TEST(CachingAllocatorTest, NothingIsNull) {
  CachingAllocator allocator(kMiB);
  EXPECT_EQ(allocator.allocate(0).get(), nullptr);
}

TEST(CachingAllocatorTest, SaysWhatCouldNotBeHad) {
  CachingAllocator allocator(64 * kMiB);
  allocator.allocate(5 * kMiB);
  EXPECT_THROW(allocator.allocate(size_t{1} << 60), c10::OutOfMemoryError);
  EXPECT_THROW(allocator.allocate(SIZE_MAX), c10::OutOfMemoryError);
  EXPECT_EQ(allocator.kept(), 0) << "what was kept might have helped";
}

// Blocks of two threads at once: nobody's bytes change.
TEST(CachingAllocatorTest, BlocksOfThreadsDoNotOverlap) {
  CachingAllocator allocator(8 * kMiB);
  struct Filled {
    c10::DataPtr data;
    size_t bytes;
    uint8_t value;
  };
  const auto intact = [](const Filled& block) {
    const auto* bytes = static_cast<const uint8_t*>(block.data.get());
    return bytes[0] == block.value && std::memcmp(bytes, bytes + 1, block.bytes - 1) == 0;
  };
  std::vector<Filled> left[2];
  int wrong[2] = {0, 0};
  const auto work = [&](int thread) {
    std::mt19937 random(thread);
    std::vector<Filled>& blocks = left[thread];
    for (int i = 0; i < 400; ++i) {
      const size_t bytes = 2 + random() % (i % 2 == 0 ? 3 * kMiB : 100000);
      c10::DataPtr data = allocator.allocate(bytes);
      wrong[thread] += reinterpret_cast<uintptr_t>(data.get()) % 64 != 0;
      const auto value = static_cast<uint8_t>(2 * i + thread);
      std::memset(data.get(), value, bytes);
      blocks.push_back({std::move(data), bytes, value});
      if (blocks.size() < 8) continue;
      std::swap(blocks[random() % blocks.size()], blocks.back());
      wrong[thread] += !intact(blocks.back());
      blocks.pop_back();
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  for (const auto& blocks : left) {
    for (const Filled& block : blocks) wrong[0] += !intact(block);
  }
  EXPECT_EQ(wrong[0] + wrong[1], 0);
  left[0].clear();
  left[1].clear();
  EXPECT_LE(allocator.kept(), 8 * kMiB);
}

}  // namespace
}  // namespace hspace
