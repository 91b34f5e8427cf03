#include "hspace/threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <string>

#include "hspace/error.h"

namespace hspace {

namespace {

// OpenBLAS is a dependency of LibTorch, not of this library: it is looked up among what the process
// has loaded, by name where a host such as the JVM loads its libraries out of the default scope.
void hold_openblas_to_one_thread() {
  using SetNumThreads = void (*)(int);
  constexpr const char* kName = "openblas_set_num_threads";
  void* symbol = ::dlsym(RTLD_DEFAULT, kName);
  if (symbol == nullptr) {
    if (void* library = ::dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_NOLOAD)) {
      symbol = ::dlsym(library, kName);
      ::dlclose(library);  // gives back the reference only: LibTorch keeps it loaded
    }
  }
  if (symbol != nullptr) reinterpret_cast<SetNumThreads>(symbol)(1);
}

}  // namespace

void set_threads(int n) {
  if (n < 1) throw Error("the number of threads must be at least 1, found " + std::to_string(n));
  at::set_num_threads(n);
  hold_openblas_to_one_thread();
}

int threads() { return at::get_num_threads(); }

}  // namespace hspace
