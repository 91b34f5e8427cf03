#include "hspace/threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include "file_fixture.h"

namespace hspace {
namespace {

TEST(ThreadsTest, SetsOperatorThreadsAndHoldsOpenBlasToOne) {
  using Get = int (*)();
  using Set = void (*)(int);
  const auto openblas_threads =
      reinterpret_cast<Get>(::dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
  const auto set_openblas =
      reinterpret_cast<Set>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  ASSERT_NE(openblas_threads, nullptr);
  ASSERT_NE(set_openblas, nullptr);
  for (int n : {2, 1}) {
    set_openblas(2);
    ASSERT_EQ(openblas_threads(), 2);
    set_threads(n);
    EXPECT_EQ(threads(), n);
    EXPECT_EQ(at::get_num_threads(), n);
    EXPECT_EQ(openblas_threads(), 1);
  }
}

TEST(ThreadsTest, RefusesNone) {
  test::expect_error([] { set_threads(0); }, {"at least 1", "0"});
}

}  // namespace
}  // namespace hspace
