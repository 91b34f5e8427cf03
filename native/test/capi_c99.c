// hspace.h is C99 and needs nothing in front of it: compiled with -std=c99 -Wpedantic -Werror.
#include "hspace.h"

hspace_status capi_c99(const hspace_model* model, hspace_trajectory** out);

hspace_status capi_c99(const hspace_model* model, hspace_trajectory** out) {
  const int64_t seed = 3;
  hspace_sample_params params;
  hspace_sample_params_init(&params, sizeof params);
  return hspace_sample(model, &seed, 1, &params, 0, 0, out);
}
