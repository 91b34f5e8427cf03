#include "hspace/runtime.h"

#include <ATen/Parallel.h>
#include <c10/core/CPUAllocator.h>
#include <dlfcn.h>

#include "test/file_fixture.h"

namespace hspace {
namespace {

// The parts of a process that configure_runtime sets.
struct State {
  int threads = at::get_num_threads();
  int openblas = reinterpret_cast<int (*)()>(::dlsym(RTLD_DEFAULT, "openblas_get_num_threads"))();
  c10::Allocator* allocator = c10::GetCPUAllocator();

  bool operator==(const State& other) const {
    return threads == other.threads && openblas == other.openblas && allocator == other.allocator;
  }
};

// Loading had its chance to change something before main began.
const bool kAllocatorIsLibTorchs = c10::GetCPUAllocator() == c10::GetDefaultCPUAllocator();

TEST(RuntimeTest, LoadingLeavesTheAllocatorAndNoOptionChangesNothing) {
  EXPECT_TRUE(kAllocatorIsLibTorchs);
  const State before;
  configure_runtime({});
  EXPECT_EQ(State(), before);
}

TEST(RuntimeTest, SetsWhatIsNamedAndNothingElse) {
  for (int n : {2, 1}) {
    State expected;
    configure_runtime({/*threads=*/n});
    expected.threads = n;
    EXPECT_EQ(State(), expected);
    EXPECT_EQ(threads(), n);
    configure_runtime({/*threads=*/0, /*openblas_threads=*/n});
    expected.openblas = n;
    EXPECT_EQ(State(), expected);
    EXPECT_EQ(openblas_threads(), n);
  }
}

TEST(RuntimeTest, ARefusedNumberChangesNothing) {
  const State before;
  test::expect_error([] { configure_runtime({-1}); }, {"threads", "at least 1", "-1"});
  test::expect_error([] { configure_runtime({7, -2}); }, {"OpenBLAS", "-2"});
  EXPECT_EQ(State(), before);
}

}  // namespace
}  // namespace hspace
