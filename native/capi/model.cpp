#include <algorithm>
#include <cstring>

#include "capi/arrays.h"
#include "capi/objects.h"
#include "capi/params.h"
#include "capi/status.h"
#include "hspace/direction_set.h"

using namespace hspace;
using namespace hspace::capi;

namespace {

constexpr hspace_model_params kModelDefaults = {sizeof(hspace_model_params), HSPACE_FLOAT32,
                                                nullptr, nullptr};

at::ScalarType type_of(hspace_type type) {
  switch (type) {
    case HSPACE_FLOAT32:
      return at::kFloat;
    case HSPACE_FLOAT64:
      return at::kDouble;
    case HSPACE_BFLOAT16:
      return at::kBFloat16;
    default:
      throw Error("type: expected HSPACE_FLOAT32, HSPACE_FLOAT64 or HSPACE_BFLOAT16, found " +
                  std::to_string(type));
  }
}

const std::vector<std::string>& directions(const hspace_model& model) {
  return model.directions.get([&] { return direction_names(model.model); });
}

template <size_t N>
void copy_shape(const std::array<int64_t, N>& shape, int64_t* out) {
  std::copy(shape.begin(), shape.end(), &required(out, "chw"));
}

std::vector<int64_t> dims(const std::array<int64_t, 3>& shape) {
  return {shape.begin(), shape.end()};
}

}  // namespace

void hspace_model_params_init(hspace_model_params* params, size_t struct_size) {
  init(params, struct_size, kModelDefaults);
}

hspace_status hspace_model_open(const char* directory, const hspace_model_params* params,
                                hspace_model** out) {
  return guarded([&] {
    hspace_model*& handle = fresh(out);
    const hspace_model_params asked = read(params, &hspace_model_params::variant, kModelDefaults);
    ModelOptions options;
    options.dtype = type_of(asked.type);
    options.device = device_of(asked.device);
    if (asked.variant != nullptr) options.variant = asked.variant;
    handle = make<hspace_model>(Model::open(&required(directory, "directory"), options));
  });
}

void hspace_model_free(hspace_model* model) { close(model); }

hspace_status hspace_model_image_shape(const hspace_model* model, int64_t chw[3]) {
  return guarded([&] { copy_shape(find(model)->model.sample_shape(), chw); });
}

hspace_status hspace_model_picture_shape(const hspace_model* model, int64_t chw[3]) {
  return guarded([&] { copy_shape(find(model)->model.picture_shape(), chw); });
}

hspace_status hspace_pictures(const hspace_model* model, const float* latents, size_t n,
                              int64_t tile, float* out, size_t count) {
  return guarded([&] {
    const Model with = find(model)->model;
    const at::Tensor given =
        floats(latents, shape_of(n, dims(with.sample_shape()), "n"), "latents");
    expect_room(shape_of(n, dims(with.picture_shape()), "n"), out, count);
    copy_out(finite(with.pictures(finite(given, "latents"), tile), "pictures"), out, count);
  });
}

hspace_status hspace_latents(const hspace_model* model, const float* pictures, size_t n,
                             int64_t tile, float* out, size_t count) {
  return guarded([&] {
    const Model with = find(model)->model;
    const at::Tensor given =
        floats(pictures, shape_of(n, dims(with.picture_shape()), "n"), "pictures");
    expect_room(shape_of(n, dims(with.sample_shape()), "n"), out, count);
    copy_out(finite(with.samples(finite(given, "pictures"), tile), "latents"), out, count);
  });
}

hspace_status hspace_model_h_shape(const hspace_model* model, hspace_point point, int64_t chw[3]) {
  return guarded([&] { copy_shape(find(model)->model.bottleneck_shape(point_of(point)), chw); });
}

hspace_status hspace_model_timesteps(const hspace_model* model, int64_t* timesteps, size_t steps) {
  return guarded([&] {
    const auto wanted = static_cast<int64_t>(std::min<size_t>(steps, INT64_MAX));
    const Lattice lattice = find(model)->model.schedule().lattice(wanted);
    copy_out(lattice.timesteps, timesteps, steps, "timesteps");
  });
}

hspace_status hspace_model_hash(const hspace_model* model, char hex[65]) {
  return guarded([&] {
    const std::string hash = find(model)->model.hash();
    std::memcpy(&required(hex, "hex"), hash.c_str(), hash.size() + 1);
  });
}

size_t hspace_model_direction_count(const hspace_model* model) {
  return guarded<size_t>(0, [&] { return directions(*find(model)).size(); });
}

const char* hspace_model_direction_name(const hspace_model* model, size_t number) {
  return guarded<const char*>(nullptr, [&] { return text_at(directions(*find(model)), number); });
}

size_t hspace_model_warning_count(const hspace_model* model) {
  return guarded<size_t>(0, [&] { return find(model)->model.warnings().size(); });
}

const char* hspace_model_warning(const hspace_model* model, size_t number) {
  return guarded<const char*>(nullptr,
                              [&] { return text_at(find(model)->model.warnings(), number); });
}
