#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "hspace/error.h"
#include "hspace/runtime.h"

namespace hspace {

namespace {

// Calls a function of OpenBLAS in each loaded copy of it. OpenBLAS is a dependency of LibTorch, not
// of this library, and a host such as the JVM loads its libraries out of the default scope: it is
// looked up among what the process has loaded.
template <typename Function, typename Call>
void for_each_openblas(const char* name, const Call& call) {
  std::vector<std::string> paths;
  ::dl_iterate_phdr(
      [](dl_phdr_info* library, size_t, void* found) {
        if (std::strstr(library->dlpi_name, "libopenblas") != nullptr)
          static_cast<std::vector<std::string>*>(found)->emplace_back(library->dlpi_name);
        return 0;
      },
      &paths);
  for (const std::string& path : paths) {
    void* library = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr) continue;
    if (void* function = ::dlsym(library, name)) call(reinterpret_cast<Function>(function));
    ::dlclose(library);  // gives back the reference only: LibTorch keeps it loaded
  }
}

void set_openblas_threads(int n) {
  for_each_openblas<void (*)(int)>("openblas_set_num_threads", [n](auto set) { set(n); });
}

void check(const char* name, int n) {
  constexpr int kMost =
      1024;  // far more than any machine has use for; a pool of more may never start
  if (n > kMost) {
    throw Error(std::string(name) + ": expected at most " + std::to_string(kMost) + ", found " +
                std::to_string(n));
  }
  if (n < 0) {
    throw Error(std::string(name) + ": expected at least 1, or 0 for what the process has, found " +
                std::to_string(n));
  }
}

}  // namespace

void configure_runtime(const RuntimeOptions& options) {
  check("threads", options.threads);
  check("OpenBLAS threads", options.openblas_threads);
  if (options.threads > 0) at::set_num_threads(options.threads);
  if (options.openblas_threads > 0) set_openblas_threads(options.openblas_threads);
}

int threads() { return at::get_num_threads(); }

int openblas_threads() {
  int most = 0;
  for_each_openblas<int (*)()>("openblas_get_num_threads",
                               [&most](auto get) { most = std::max(most, get()); });
  return most;
}

}  // namespace hspace
