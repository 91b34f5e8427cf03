// One step of the network, and its derivative.

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "capi/arrays.h"
#include "capi/condition.h"
#include "capi/objects.h"
#include "capi/status.h"
#include "pipeline/finite.h"

using namespace hspace;
using namespace hspace::capi;

namespace {

// Numbers that come from outside, in the model's type and on its device.
at::Tensor entering(const Model& model, const at::Tensor& numbers, const char* what) {
  return model.state(finite(numbers, what));
}

at::Tensor leaving(at::Tensor numbers, const char* what) {
  if (all_finite(numbers)) return numbers;
  throw Error(std::string(what) + " is not finite: " + not_finite_text(numbers));
}

// x (n, C, H, W)
hspace_bottleneck* encoded(const Model& model, const at::Tensor& x, const int64_t* timesteps,
                           size_t n, hspace_point point, const hspace_condition* condition) {
  const at::Tensor t =
      at::tensor(timesteps_of(model, timesteps, n), at::kLong).to(model.options().device);
  GuidedUNet unet = model.conditioned(conditioning_of(condition));
  Bottleneck made = unet.encode(entering(model, x, "x"), t, point_of(point));
  return make<hspace_bottleneck>(model, std::move(unet), std::move(made));
}

// delta_h undefined or (n, c, h, w) → (n, C, H, W)
at::Tensor decoded(const hspace_bottleneck& from, const at::Tensor& delta_h, int64_t n) {
  const int64_t rows = from.unet.samples(from.bottleneck);
  if (n != rows && rows != 1) {
    throw Error("n: expected " + std::to_string(rows) +
                ", as many as rows of the bottleneck, found " + std::to_string(n));
  }
  if (n < 1) throw Error("n: expected at least 1, found " + std::to_string(n));
  const at::Tensor delta =
      delta_h.defined() ? entering(from.model, delta_h, "delta_h") : at::Tensor();
  const Bottleneck at = n == rows ? from.bottleneck : from.unet.expand(from.bottleneck, n);
  return leaving(from.unet.decode(at, delta), "epsilon");
}

// rows null stands for all 0
at::Tensor rows_of(const int64_t* rows, int64_t n) {
  if (rows == nullptr) return at::zeros({n}, at::kLong);
  return at::tensor(integers(rows, static_cast<size_t>(n), "rows"), at::kLong);
}

at::Tensor jvp(const hspace_linearized& at, const at::Tensor& v, const int64_t* rows) {
  return leaving(at.decoder.jvp(entering(at.model, v, "v"), rows_of(rows, v.size(0))), "J v");
}

at::Tensor vjp(const hspace_linearized& at, const at::Tensor& u, const int64_t* rows) {
  return leaving(at.decoder.vjp(entering(at.model, u, "u"), rows_of(rows, u.size(0))), "Jᵀ u");
}

// Any number of rows of what follows.
std::vector<int64_t> any_of(std::vector<int64_t> shape) {
  shape.insert(shape.begin(), -1);
  return shape;
}

}  // namespace

hspace_status hspace_encode(const hspace_model* model, const float* x, const int64_t* timesteps,
                            size_t n, hspace_point point, const hspace_condition* condition,
                            hspace_bottleneck** out) {
  return guarded([&] {
    hspace_bottleneck*& handle = fresh(out);
    const Model with = find(model)->model;
    const at::Tensor view = floats(x, shape_of(n, image_shape(with), "x"), "x");
    handle = encoded(with, view, timesteps, n, point, condition);
  });
}

hspace_status hspace_encode_dlpack(const hspace_model* model, const DLManagedTensor* x,
                                   const int64_t* timesteps, size_t n, hspace_point point,
                                   const hspace_condition* condition, hspace_bottleneck** out) {
  return guarded([&] {
    hspace_bottleneck*& handle = fresh(out);
    const Model with = find(model)->model;
    const at::Tensor view = borrowed(x, shape_of(n, image_shape(with), "x"), "x");
    handle = encoded(with, view, timesteps, n, point, condition);
  });
}

void hspace_bottleneck_free(hspace_bottleneck* bottleneck) { close(bottleneck); }

size_t hspace_bottleneck_rows(const hspace_bottleneck* bottleneck) {
  return guarded<size_t>(0, [&] {
    const auto of = find(bottleneck);
    return static_cast<size_t>(of->unet.samples(of->bottleneck));
  });
}

hspace_status hspace_bottleneck_h(const hspace_bottleneck* bottleneck, float* out, size_t count) {
  return guarded([&] {
    const auto of = find(bottleneck);
    copy_out(of->unet.h(of->bottleneck), out, count);
  });
}

hspace_status hspace_bottleneck_dlpack(const hspace_bottleneck* bottleneck, DLManagedTensor** out) {
  return guarded([&] {
    DLManagedTensor*& tensor = fresh(out);
    const auto of = find(bottleneck);
    tensor = exported(of->unet.h(of->bottleneck));
  });
}

hspace_status hspace_decode(const hspace_bottleneck* bottleneck, const float* delta_h, size_t n,
                            float* epsilon, size_t count) {
  return guarded([&] {
    const auto from = find(bottleneck);
    const std::vector<int64_t> shape = shape_of(n, image_shape(from->model), "n");
    expect_room(shape, epsilon, count, "epsilon");
    at::Tensor delta;
    if (delta_h != nullptr) {
      const std::vector<int64_t> tail = h_shape(from->model, from->bottleneck.point);
      delta = floats(delta_h, shape_of(n, tail, "delta_h"), "delta_h");
    }
    copy_out(decoded(*from, delta, shape[0]), epsilon, count, "epsilon");
  });
}

hspace_status hspace_decode_dlpack(const hspace_bottleneck* bottleneck,
                                   const DLManagedTensor* delta_h, DLManagedTensor* epsilon) {
  return guarded([&] {
    const auto from = find(bottleneck);
    const at::Tensor room = borrowed(epsilon, any_of(image_shape(from->model)), "epsilon");
    std::vector<int64_t> shape = h_shape(from->model, from->bottleneck.point);
    shape.insert(shape.begin(), room.size(0));
    const at::Tensor delta =
        delta_h == nullptr ? at::Tensor() : borrowed(delta_h, shape, "delta_h");
    room.copy_(decoded(*from, delta, room.size(0)));
  });
}

hspace_status hspace_linearize(const hspace_bottleneck* bottleneck, const float* mask,
                               hspace_linearized** out) {
  return guarded([&] {
    hspace_linearized*& handle = fresh(out);
    const auto from = find(bottleneck);
    const std::vector<int64_t> shape = image_shape(from->model);
    at::Tensor factor;  // (1, 1, H, W)
    if (mask != nullptr) {
      const at::Tensor view = floats(mask, {1, 1, shape[1], shape[2]}, "mask");
      factor = entering(from->model, view, "mask").clone();
    }
    handle = make<hspace_linearized>(
        from->model, from->bottleneck.point,
        GuidedLinearized(from->unet, from->bottleneck, InjectInto::kBoth, factor));
  });
}

void hspace_linearized_free(hspace_linearized* linearized) { close(linearized); }

hspace_status hspace_jvp(const hspace_linearized* linearized, const float* v, const int64_t* rows,
                         size_t n, float* out, size_t count) {
  return guarded([&] {
    const auto at = find(linearized);
    expect_room(shape_of(n, image_shape(at->model), "n"), out, count);
    const at::Tensor view = floats(v, shape_of(n, h_shape(at->model, at->point), "v"), "v");
    copy_out(jvp(*at, view, rows), out, count);
  });
}

hspace_status hspace_jvp_dlpack(const hspace_linearized* linearized, const DLManagedTensor* v,
                                const int64_t* rows, DLManagedTensor* out) {
  return guarded([&] {
    const auto at = find(linearized);
    const at::Tensor view = borrowed(v, any_of(h_shape(at->model, at->point)), "v");
    std::vector<int64_t> shape = image_shape(at->model);
    shape.insert(shape.begin(), view.size(0));
    const at::Tensor room = borrowed(out, shape, "out");
    room.copy_(jvp(*at, view, rows));
  });
}

hspace_status hspace_vjp(const hspace_linearized* linearized, const float* u, const int64_t* rows,
                         size_t n, float* out, size_t count) {
  return guarded([&] {
    const auto at = find(linearized);
    expect_room(shape_of(n, h_shape(at->model, at->point), "n"), out, count);
    const at::Tensor view = floats(u, shape_of(n, image_shape(at->model), "u"), "u");
    copy_out(vjp(*at, view, rows), out, count);
  });
}

hspace_status hspace_vjp_dlpack(const hspace_linearized* linearized, const DLManagedTensor* u,
                                const int64_t* rows, DLManagedTensor* out) {
  return guarded([&] {
    const auto at = find(linearized);
    const at::Tensor view = borrowed(u, any_of(image_shape(at->model)), "u");
    std::vector<int64_t> shape = h_shape(at->model, at->point);
    shape.insert(shape.begin(), view.size(0));
    const at::Tensor room = borrowed(out, shape, "out");
    room.copy_(vjp(*at, view, rows));
  });
}
