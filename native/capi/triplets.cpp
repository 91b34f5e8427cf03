// Singular vectors of the decoder's derivative.

#include <ATen/ops/stack.h>

#include "capi/arrays.h"
#include "capi/callbacks.h"
#include "capi/condition.h"
#include "capi/objects.h"
#include "capi/params.h"
#include "capi/status.h"
#include "hspace/jacobian.h"

using namespace hspace;
using namespace hspace::capi;

namespace {

constexpr hspace_svd_params kSvdDefaults = {
    sizeof(hspace_svd_params), 1, 1e-3, 500, 0, nullptr, int64_t{1} << 31, nullptr,
    HSPACE_INTO_BOTH};

JacobianOptions options_of(const hspace_svd_params& asked, const std::vector<int64_t>& image) {
  JacobianOptions options;
  options.svd.vectors = asked.vectors;
  options.svd.tolerance = asked.tolerance;
  options.svd.max_products = asked.max_products;
  options.svd.seed = asked.seed;
  options.memory = asked.memory;
  options.inject_into = into_of(asked.into);
  if (asked.mask != nullptr)
    options.mask = finite(floats(asked.mask, {1, 1, image[1], image[2]}, "mask"), "mask").clone();
  return options;
}

// One number of each triplet, point after point (n k).
template <typename Of>
std::vector<double> numbers(const hspace_triplets& triplets, const Of& of) {
  std::vector<double> all;
  for (const Svd& point : triplets.points)
    all.insert(all.end(), of(point).begin(), of(point).end());
  return all;
}

// One tensor of each point (k, ...) → (n, k, ...)
template <typename Of>
at::Tensor stacked(const hspace_triplets& triplets, const Of& of) {
  std::vector<at::Tensor> all;
  for (const Svd& point : triplets.points) all.push_back(of(point));
  return at::stack(all);
}

}  // namespace

void hspace_svd_params_init(hspace_svd_params* params, size_t struct_size) {
  init(params, struct_size, kSvdDefaults);
}

hspace_status hspace_svd(const hspace_model* model, const float* x, const int64_t* timesteps,
                         size_t n, hspace_point point, const hspace_svd_params* params,
                         hspace_progress progress, void* user, hspace_triplets** out) {
  return guarded([&] {
    hspace_triplets*& handle = fresh(out);
    const Model with = find(model)->model;
    const std::vector<int64_t> image = image_shape(with);
    const hspace_svd_params asked = read(params, &hspace_svd_params::memory, kSvdDefaults);
    if (n == 0) throw Error("n: expected at least 1, found 0");
    const std::vector<int64_t> at = timesteps_of(with, timesteps, n);
    CallbackProgress hears(progress, user);
    handle = make<hspace_triplets>(
        jacobian_singular_vectors(with.conditioned(conditioning_of(asked.condition)),
                                  finite(floats(x, shape_of(n, image, "x"), "x"), "x"), at,
                                  point_of(point), options_of(asked, image), hears));
  });
}

void hspace_triplets_free(hspace_triplets* triplets) { close(triplets); }

hspace_status hspace_triplets_values(const hspace_triplets* triplets, double* out, size_t count) {
  return guarded([&] {
    copy_out(numbers(*find(triplets), [](const Svd& svd) -> auto& { return svd.s; }), out, count);
  });
}

hspace_status hspace_triplets_residuals(const hspace_triplets* triplets, double* out,
                                        size_t count) {
  return guarded([&] {
    copy_out(numbers(*find(triplets), [](const Svd& svd) -> auto& { return svd.residuals; }), out,
             count);
  });
}

hspace_status hspace_triplets_v(const hspace_triplets* triplets, float* out, size_t count) {
  return guarded([&] {
    copy_out(stacked(*find(triplets), [](const Svd& svd) { return svd.v; }), out, count);
  });
}

hspace_status hspace_triplets_u(const hspace_triplets* triplets, float* out, size_t count) {
  return guarded([&] {
    copy_out(stacked(*find(triplets), [](const Svd& svd) { return svd.u; }), out, count);
  });
}
