#pragma once

#include <ATen/core/Tensor.h>

#include "hspace/edit.h"
#include "pipeline/edit_injection.h"

namespace hspace {

// Decodes a grid of cells beside the unedited passes of their rows, as the options that need these
// say: noise relaxed inside each edit's region, the background kept outside it.
// columns: cells of a row. regions: (1, 1, H, W) for all of them or (rows · columns, 1, H, W), true
// inside. → x_0 (rows · columns, C, H, W), in the state's type, on the CPU.
at::Tensor decode_locally(const Model& model, const Trajectory& trajectory, int64_t columns,
                          const EditInjection& edits, const at::Tensor& regions,
                          InjectionPoint h_space, const EditOptions& options, Progress& progress);

}  // namespace hspace
