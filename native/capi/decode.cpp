// Decoding trajectories under an injection of the caller's.

#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <numeric>

#include "capi/arrays.h"
#include "capi/callbacks.h"
#include "capi/condition.h"
#include "capi/objects.h"
#include "capi/params.h"
#include "capi/status.h"
#include "hspace/sampler.h"

using namespace hspace;
using namespace hspace::capi;

namespace {

constexpr hspace_point kOfTrajectory = -1;
constexpr hspace_decode_params kDecodeDefaults = {sizeof(hspace_decode_params), kOfTrajectory, 0,
                                                  16, HSPACE_INTO_BOTH};

class CallbackInjection : public Injection {
 public:
  CallbackInjection(hspace_injection injection, void* user, bool asymmetric, InjectInto into)
      : injection_(injection), user_(user), asymmetric_(asymmetric), into_(into) {}

  at::Tensor delta_h(int64_t step, int64_t timestep, int64_t first, const at::Tensor& h) override {
    // h and Δh (B, c, h, w) as the caller sees them
    const at::Tensor seen = h.to(at::kCPU, at::kFloat).contiguous();
    const at::Tensor delta = at::zeros(seen.sizes(), at::kFloat);
    const hspace_step shown = {sizeof(hspace_step),
                               step,
                               timestep,
                               first,
                               seen.size(0),
                               seen.const_data_ptr<float>(),
                               static_cast<size_t>(seen.numel())};
    const int32_t answer = injection_(&shown, delta.data_ptr<float>(), user_);
    if (answer == HSPACE_CANCEL) throw Cancelled();
    if (answer == HSPACE_LEAVE) return {};
    if (answer == HSPACE_INJECT) return finite(delta, "delta_h of the injection").to(h.options());
    throw Error("injection: expected HSPACE_INJECT, HSPACE_LEAVE or HSPACE_CANCEL, returned " +
                std::to_string(answer));
  }

  bool asymmetric() const override { return asymmetric_; }
  InjectInto into() const override { return into_; }

 private:
  hspace_injection injection_;
  void* user_;
  bool asymmetric_;
  InjectInto into_;
};

std::vector<int64_t> rows_of(const int64_t* rows, size_t n, const Trajectory& trajectory) {
  if (rows != nullptr) return integers(rows, n, "rows");
  if (n != static_cast<size_t>(trajectory.rows())) {
    throw Error("rows: expected n = " + std::to_string(trajectory.rows()) +
                " where rows is NULL, found " + std::to_string(n));
  }
  std::vector<int64_t> all(n);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

void hspace_decode_params_init(hspace_decode_params* params, size_t struct_size) {
  init(params, struct_size, kDecodeDefaults);
}

hspace_status hspace_trajectory_decode(const hspace_model* model,
                                       const hspace_trajectory* trajectory, const int64_t* rows,
                                       size_t n, hspace_injection injection, void* injection_user,
                                       const hspace_decode_params* params, hspace_progress progress,
                                       void* progress_user, float* out, size_t count) {
  return guarded([&] {
    const Model with = find(model)->model;
    const Trajectory source = find(trajectory)->trajectory;
    const hspace_decode_params asked = read(params, &hspace_decode_params::batch, kDecodeDefaults);
    check_belongs(source, with);
    const std::vector<int64_t> chosen = rows_of(rows, n, source);
    expect_room(shape_of(n, image_shape(with), "rows"), out, count);
    const InjectionPoint point =
        asked.point == kOfTrajectory ? source.provenance().h_space : point_of(asked.point);
    CallbackInjection added(injection, injection_user, flag(asked.asymmetric, "asymmetric"),
                            into_of(asked.into));
    CallbackProgress hears(progress, progress_user);
    copy_out(Sampler(with).decode(source, chosen, injection == nullptr ? nullptr : &added, point,
                                  asked.batch, hears),
             out, count);
  });
}
