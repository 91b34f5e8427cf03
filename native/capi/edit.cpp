#include "hspace/edit.h"

#include "capi/arrays.h"
#include "capi/callbacks.h"
#include "capi/condition.h"
#include "capi/objects.h"
#include "capi/params.h"
#include "capi/status.h"

using namespace hspace;
using namespace hspace::capi;

namespace {

constexpr hspace_edit_params kEditDefaults = {sizeof(hspace_edit_params), 0, 16, HSPACE_INTO_BOTH};

WeightedDirection term_of(const hspace_edit_term& term, const Model& model) {
  const auto direction = find(term.direction);
  check_belongs(*direction, model);
  const bool whole = term.from == 0 && term.to == 0;
  return {direction->direction, term.strength, whole ? Window() : Window::of(term.from, term.to)};
}

std::vector<Edit> edits_of(const hspace_edit_column* columns, size_t n, const Model& model) {
  std::vector<Edit> edits;
  if (n > 0) required(columns, "columns");
  for (size_t i = 0; i < n; ++i) {
    Edit edit;
    if (columns[i].n > 0) required(columns[i].terms, "terms");
    for (size_t k = 0; k < columns[i].n; ++k) edit.push_back(term_of(columns[i].terms[k], model));
    edits.push_back(std::move(edit));
  }
  return edits;
}

// All that hspace_edit and its twin have in common, up to where the images go.
struct EditCall {
  EditCall(const hspace_model* handle, const hspace_trajectory* rows,
           const hspace_edit_column* columns, size_t n, const hspace_edit_params* params)
      : model(find(handle)->model), trajectory(find(rows)->trajectory) {
    const hspace_edit_params asked = read(params, &hspace_edit_params::batch, kEditDefaults);
    options.asymmetric = flag(asked.asymmetric, "asymmetric");
    options.batch = asked.batch;
    options.inject_into = into_of(asked.into);
    check_belongs(trajectory, model);
    edits = edits_of(columns, n, model);
    shape = shape_of(n, image_shape(model), "columns");  // (n, C, H, W)
    shape.insert(shape.begin(), trajectory.rows());
  }

  // (N, n, C, H, W)
  at::Tensor run(hspace_progress progress, void* user) const {
    CallbackProgress hears(progress, user);
    return edit_grid(model, trajectory, edits, options, hears).view(shape);
  }

  Model model;
  Trajectory trajectory;
  std::vector<Edit> edits;
  EditOptions options;
  std::vector<int64_t> shape;
};

}  // namespace

void hspace_edit_params_init(hspace_edit_params* params, size_t struct_size) {
  init(params, struct_size, kEditDefaults);
}

hspace_status hspace_edit(const hspace_model* model, const hspace_trajectory* trajectory,
                          const hspace_edit_column* columns, size_t n,
                          const hspace_edit_params* params, hspace_progress progress, void* user,
                          float* out, size_t count) {
  return guarded([&] {
    const EditCall call(model, trajectory, columns, n, params);
    expect_room(call.shape, out, count);
    copy_out(call.run(progress, user), out, count);
  });
}

hspace_status hspace_edit_dlpack(const hspace_model* model, const hspace_trajectory* trajectory,
                                 const hspace_edit_column* columns, size_t n,
                                 const hspace_edit_params* params, hspace_progress progress,
                                 void* user, DLManagedTensor* out) {
  return guarded([&] {
    const EditCall call(model, trajectory, columns, n, params);
    const at::Tensor room = borrowed(out, call.shape, "out");
    room.copy_(call.run(progress, user));
  });
}
