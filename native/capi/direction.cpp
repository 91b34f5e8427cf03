#include "hspace/direction.h"

#include <algorithm>

#include "capi/arrays.h"
#include "capi/objects.h"
#include "capi/status.h"
#include "files/json_text.h"
#include "hspace/direction_set.h"

using namespace hspace;
using namespace hspace::capi;

namespace {

using Shared = std::shared_ptr<const hspace_direction>;

std::vector<Shared> all_of(const hspace_direction* const* directions, size_t n) {
  std::vector<Shared> found;
  if (n == 0) throw Error("directions: expected at least one, found none");
  required(directions, "directions");
  for (size_t i = 0; i < n; ++i) found.push_back(find(directions[i]));
  return found;
}

void check_same_model(const std::vector<Shared>& directions) {
  const std::string& first = directions[0]->provenance.model_hash;
  for (const Shared& direction : directions) {
    const std::string& hash = direction->provenance.model_hash;
    if (hash == first) continue;
    throw Error("direction " + direction->direction.name() + ": expected the model of hash " +
                    first + " like the first, found " + hash,
                ErrorKind::kMismatch);
  }
}

// A file of an older version names its model in another way, which is the same model.
Provenance of_model(Provenance origin, const Model& model) {
  origin.model_hash = model.hash();
  return origin;
}

std::string name_of(const char* name) { return &required(name, "name"); }

// Where a direction of the caller's numbers comes from: it knows no noise.
Provenance created(const Model& model, InjectionPoint point, size_t steps) {
  Provenance origin;
  origin.model_hash = model.hash();
  origin.scheduler_hash = model.scheduler().hash();
  origin.eta.assign(steps, 0);
  origin.h_space = point;
  origin.tool_version = HSPACE_VERSION;
  return origin.of_directions("created", "{}");
}

Provenance combined(const std::vector<Shared>& directions, const double* factors) {
  nlohmann::ordered_json names = nlohmann::ordered_json::array();
  for (const Shared& direction : directions) names.push_back(direction->direction.name());
  const nlohmann::ordered_json facts = {
      {"operation", "sum"},
      {"of", names},
      {"factors", std::vector<double>(factors, factors + directions.size())}};
  return directions[0]->provenance.of_directions("combined", json_text(facts));
}

// delta (n, c, h, w), which the direction keeps
hspace_direction* created(const Model& model, const char* name, InjectionPoint point,
                          const at::Tensor& delta, const int64_t* timesteps, size_t n) {
  return make<hspace_direction>(
      Direction(name_of(name), delta, timesteps_of(model, timesteps, n), point),
      created(model, point, n));
}

}  // namespace

hspace_status hspace_direction_open(const hspace_model* model, const char* direction,
                                    hspace_direction** out) {
  return guarded([&] {
    hspace_direction*& handle = fresh(out);
    const Model with = find(model)->model;
    const DirectionSpec spec = DirectionSpec::parse(&required(direction, "direction"));
    spec.refuse_strength();
    handle = make<hspace_direction>(spec.resolve(with), of_model(spec.provenance(with), with));
  });
}

hspace_status hspace_directions_open(const hspace_model* model, const char* file,
                                     hspace_direction** out, size_t capacity, size_t* count) {
  return guarded([&] {
    required(count, "count") = 0;
    if (capacity > 0) std::fill_n(&required(out, "out"), capacity, nullptr);
    const Model with = find(model)->model;
    const DirectionSet set = DirectionSet::open(&required(file, "file"), with);
    const auto size = static_cast<size_t>(set.size());
    std::vector<hspace_direction*> made;
    try {
      for (size_t k = 0; k < std::min(size, capacity); ++k) {
        made.push_back(make<hspace_direction>(set.get(static_cast<int64_t>(k)),
                                              of_model(set.provenance(), with)));
      }
    } catch (...) {
      for (const hspace_direction* handle : made) close(handle);
      throw;
    }
    std::copy(made.begin(), made.end(), out);
    *count = size;
  });
}

hspace_status hspace_direction_create(const hspace_model* model, const char* name,
                                      hspace_point point, const float* delta,
                                      const int64_t* timesteps, size_t n, hspace_direction** out) {
  return guarded([&] {
    hspace_direction*& handle = fresh(out);
    const Model with = find(model)->model;
    const InjectionPoint at = point_of(point);
    const std::vector<int64_t> shape = shape_of(n, h_shape(with, at), "delta");
    handle = created(with, name, at, floats(delta, shape, "delta").clone(), timesteps, n);
  });
}

hspace_status hspace_direction_create_dlpack(const hspace_model* model, const char* name,
                                             hspace_point point, const DLManagedTensor* delta,
                                             const int64_t* timesteps, size_t n,
                                             hspace_direction** out) {
  return guarded([&] {
    hspace_direction*& handle = fresh(out);
    const Model with = find(model)->model;
    const InjectionPoint at = point_of(point);
    const at::Tensor view = borrowed(delta, shape_of(n, h_shape(with, at), "delta"), "delta");
    const at::ScalarType type = view.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    const at::Tensor own = view.to(at::device(at::kCPU).dtype(type), false, /*copy=*/true);
    handle = created(with, name, at, own.contiguous(), timesteps, n);
  });
}

hspace_status hspace_direction_combine(const hspace_direction* const* directions,
                                       const double* factors, size_t n, const char* name,
                                       hspace_direction** out) {
  return guarded([&] {
    hspace_direction*& handle = fresh(out);
    const std::vector<Shared> terms = all_of(directions, n);
    check_same_model(terms);
    std::vector<Direction> parts;
    for (const Shared& term : terms) parts.push_back(term->direction);
    const std::vector<double> by(&required(factors, "factors"), factors + n);
    Direction sum = combine(parts, by, name_of(name));
    handle = make<hspace_direction>(std::move(sum), combined(terms, factors));
  });
}

hspace_status hspace_direction_rename(const hspace_direction* direction, const char* name,
                                      hspace_direction** out) {
  return guarded([&] {
    hspace_direction*& handle = fresh(out);
    const Shared found = find(direction);
    handle = make<hspace_direction>(rename(found->direction, name_of(name)), found->provenance);
  });
}

hspace_status hspace_directions_save(const hspace_direction* const* directions, size_t n,
                                     const char* file) {
  return guarded([&] {
    const std::vector<Shared> all = all_of(directions, n);
    check_same_model(all);
    std::vector<DirectionSet> sets;
    std::vector<std::string> names;
    for (const Shared& one : all) {
      sets.push_back(DirectionSet::of(one->direction, one->provenance));
      names.push_back(one->direction.name());
    }
    DirectionSet::merge(sets, names).save(&required(file, "file"));
  });
}

void hspace_direction_free(hspace_direction* direction) { close(direction); }

const char* hspace_direction_name(const hspace_direction* direction) {
  return guarded<const char*>(nullptr, [&] { return find(direction)->direction.name().c_str(); });
}

hspace_status hspace_direction_point(const hspace_direction* direction, hspace_point* point) {
  return guarded(
      [&] { required(point, "point") = point_of(find(direction)->direction.h_space()); });
}

size_t hspace_direction_steps(const hspace_direction* direction) {
  return guarded<size_t>(0, [&] { return find(direction)->direction.timesteps().size(); });
}

hspace_status hspace_direction_timesteps(const hspace_direction* direction, int64_t* timesteps,
                                         size_t steps) {
  return guarded(
      [&] { copy_out(find(direction)->direction.timesteps(), timesteps, steps, "timesteps"); });
}

size_t hspace_direction_count(const hspace_direction* direction) {
  return guarded<size_t>(
      0, [&] { return static_cast<size_t>(find(direction)->direction.delta().numel()); });
}

hspace_status hspace_direction_read(const hspace_direction* direction, float* out, size_t count) {
  return guarded([&] { copy_out(find(direction)->direction.delta(), out, count); });
}

hspace_status hspace_direction_dlpack(const hspace_direction* direction, DLManagedTensor** out) {
  return guarded([&] {
    DLManagedTensor*& tensor = fresh(out);
    tensor = exported(find(direction)->direction.delta());
  });
}

hspace_status hspace_direction_norm(const hspace_direction* direction, double* result) {
  return guarded([&] { required(result, "norm") = norm(find(direction)->direction); });
}
