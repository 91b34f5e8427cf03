#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "hspace/conditioning.h"
#include "hspace/export.h"
#include "hspace/model.h"

namespace hspace HSPACE_API {

// How badly the model takes a little noise off given samples: the root mean square of P_t - x_0 of
// each, where t is a fifth of the training timesteps. Of pictures that are unlike what it was
// trained on, or not placed as those were, it is larger than of its own.
// samples: x_0 (N, C, H, W), a network pass of its own size. seed: of the noise, the same for all.
// → (N)
std::vector<double> denoising_errors(const Model& model, const at::Tensor& samples,
                                     const Conditioning& conditioning = {}, int64_t seed = 0);

}  // namespace hspace
