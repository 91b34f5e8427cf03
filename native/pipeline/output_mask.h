#pragma once

#include <ATen/core/Tensor.h>

namespace hspace {

// Error unless a mask is undefined or (1, 1, H, W) like images x (n, C, H, W).
void check_mask(const at::Tensor& mask, const at::Tensor& x);

}  // namespace hspace
