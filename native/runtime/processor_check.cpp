// Compiled for every x86-64 processor, unlike the rest of the library: see CMakeLists.txt.
#include <unistd.h>

#include <cstring>

#include "runtime/processor.h"

namespace hspace {

namespace {

#if defined(__x86_64__)
[[noreturn]] void refuse(const char* message) {
  // Not through iostreams, whose code may be inlined and compiled for the newer processor.
  const ssize_t written = ::write(STDERR_FILENO, message, std::strlen(message));
  (void)written;
  ::_exit(2);
}

// Runs before any other code of the library. Without it the process would die of SIGILL, somewhere
// and without a word. A host that wants to live on asks its processor before it loads the library.
__attribute__((constructor(101))) void check_processor() {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  if (kCompiledFor.avx2 && !avx2) {
    refuse(
        "hspace: this processor lacks AVX2, FMA or BMI; needed is x86-64-v3: Intel Haswell (2013), "
        "AMD Excavator (2015) or newer\n");
  }
  if (kCompiledFor.avx512f && !__builtin_cpu_supports("avx512f"))
    refuse("hspace: this processor lacks AVX-512, which this library was compiled for\n");
}
#endif

}  // namespace

}  // namespace hspace
