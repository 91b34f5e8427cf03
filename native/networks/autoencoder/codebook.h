#pragma once

#include <ATen/core/Tensor.h>

namespace hspace {

// The nearest entry of a table for each position: diffusers' VectorQuantizer. Distances are
// computed in float64, some positions at a time. z (B, C, H, W), table (entries, C) → (B, C, H, W),
// entries of the table
at::Tensor nearest_entries(const at::Tensor& z, const at::Tensor& table);

}  // namespace hspace
