// What is the process's and no handle's.

#include "capi/params.h"
#include "capi/status.h"
#include "hspace/runtime.h"

namespace {

constexpr hspace_runtime_params kRuntimeDefaults = {sizeof(hspace_runtime_params), 0, 0};

}  // namespace

using hspace::capi::guarded;

uint32_t hspace_api_version(void) { return HSPACE_API_VERSION; }

const char* hspace_version(void) { return HSPACE_VERSION; }

void hspace_runtime_params_init(hspace_runtime_params* params, size_t struct_size) {
  hspace::capi::init(params, struct_size, kRuntimeDefaults);
}

hspace_status hspace_runtime_configure(const hspace_runtime_params* params) {
  return guarded([&] {
    const hspace_runtime_params asked =
        hspace::capi::read(params, &hspace_runtime_params::openblas_threads, kRuntimeDefaults);
    hspace::configure_runtime({asked.threads, asked.openblas_threads});
  });
}

void hspace_runtime_protect_exit(void) { hspace::protect_calls_at_exit(); }
