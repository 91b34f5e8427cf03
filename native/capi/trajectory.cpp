#include <algorithm>

#include "capi/arrays.h"
#include "capi/objects.h"
#include "capi/status.h"
#include "hspace/sampler.h"

using namespace hspace;
using namespace hspace::capi;

namespace {

struct Part {
  const char* name;
  at::Tensor tensor;  // undefined when it is not there
};

Part part_of(const Trajectory& trajectory, hspace_part part) {
  switch (part) {
    case HSPACE_PART_START:
      return {"x_T", trajectory.x_T()};
    case HSPACE_PART_NOISE:
      return {"z", trajectory.z()};
    case HSPACE_PART_H:
      return {"h", trajectory.h()};
    case HSPACE_PART_IMAGES:
      return {"x_0", trajectory.x_0()};
    default:
      throw Error(
          "part: expected HSPACE_PART_START, HSPACE_PART_NOISE, HSPACE_PART_H or "
          "HSPACE_PART_IMAGES, found " +
          std::to_string(part));
  }
}

at::Tensor present(const Trajectory& trajectory, hspace_part which) {
  const Part part = part_of(trajectory, which);
  if (part.tensor.defined()) return part.tensor;
  throw Error(std::string("trajectory: expected one with ") + part.name + ", found one without");
}

void copy_figures(const std::vector<double>& figures, double* out, size_t count) {
  if (figures.empty()) throw Error("trajectory: expected one that hspace_invert made");
  copy_out(figures, out, count);
}

}  // namespace

hspace_status hspace_trajectory_open(const hspace_model* model, const char* file,
                                     hspace_trajectory** out) {
  return guarded([&] {
    hspace_trajectory*& handle = fresh(out);
    handle = make<hspace_trajectory>(Trajectory::open(&required(file, "file"), find(model)->model));
  });
}

hspace_status hspace_trajectory_save(const hspace_trajectory* trajectory, const char* file) {
  return guarded([&] { find(trajectory)->trajectory.save(&required(file, "file")); });
}

void hspace_trajectory_free(hspace_trajectory* trajectory) { close(trajectory); }

size_t hspace_trajectory_rows(const hspace_trajectory* trajectory) {
  return guarded<size_t>(0,
                         [&] { return static_cast<size_t>(find(trajectory)->trajectory.rows()); });
}

size_t hspace_trajectory_steps(const hspace_trajectory* trajectory) {
  return guarded<size_t>(0,
                         [&] { return static_cast<size_t>(find(trajectory)->trajectory.steps()); });
}

hspace_status hspace_trajectory_point(const hspace_trajectory* trajectory, hspace_point* point) {
  return guarded([&] {
    required(point, "point") = point_of(find(trajectory)->trajectory.provenance().h_space);
  });
}

const char* hspace_trajectory_provenance(const hspace_trajectory* trajectory) {
  return guarded<const char*>(nullptr, [&] {
    const auto found = find(trajectory);
    return found->provenance.get([&] { return found->trajectory.provenance().json(); }).c_str();
  });
}

hspace_status hspace_trajectory_timesteps(const hspace_trajectory* trajectory, int64_t* timesteps,
                                          size_t steps) {
  return guarded([&] {
    copy_out(find(trajectory)->trajectory.lattice().timesteps, timesteps, steps, "timesteps");
  });
}

size_t hspace_trajectory_count(const hspace_trajectory* trajectory, hspace_part part) {
  return guarded<size_t>(0, [&]() -> size_t {
    const at::Tensor found = part_of(find(trajectory)->trajectory, part).tensor;
    return found.defined() ? static_cast<size_t>(found.numel()) : 0;
  });
}

hspace_status hspace_trajectory_read(const hspace_trajectory* trajectory, hspace_part part,
                                     float* out, size_t count) {
  return guarded([&] { copy_out(present(find(trajectory)->trajectory, part), out, count); });
}

hspace_status hspace_trajectory_dlpack(const hspace_trajectory* trajectory, hspace_part part,
                                       DLManagedTensor** out) {
  return guarded([&] {
    DLManagedTensor*& tensor = fresh(out);
    tensor = exported(present(find(trajectory)->trajectory, part));
  });
}

hspace_status hspace_trajectory_psnr(const hspace_trajectory* trajectory, double* out,
                                     size_t count) {
  return guarded([&] { copy_figures(find(trajectory)->psnr, out, count); });
}

hspace_status hspace_trajectory_residual(const hspace_trajectory* trajectory, double* out,
                                         size_t count) {
  return guarded([&] { copy_figures(find(trajectory)->residual, out, count); });
}

hspace_status hspace_trajectory_states(const hspace_model* model,
                                       const hspace_trajectory* trajectory, size_t row,
                                       size_t steps, float* out, size_t count) {
  return guarded([&] {
    const Model with = find(model)->model;
    const Trajectory source = find(trajectory)->trajectory;
    check_belongs(source, with);
    if (row >= static_cast<size_t>(source.rows())) {
      throw Error("row: expected one below " + std::to_string(source.rows()) + ", found " +
                  std::to_string(row));
    }
    if (steps < 1 || steps > static_cast<size_t>(source.steps())) {
      throw Error("steps: expected 1 to " + std::to_string(source.steps()) + ", found " +
                  std::to_string(steps));
    }
    expect_room(shape_of(steps, image_shape(with), "steps"), out, count);
    copy_out(Sampler(with).states(source, static_cast<int64_t>(row), static_cast<int64_t>(steps)),
             out, count);
  });
}
