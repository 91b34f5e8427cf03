#pragma once

#include <ATen/core/Tensor.h>

namespace hspace {

// Where an edit acts: where the samples that it makes differ most from the unedited ones. edited,
// unedited (B, C, H, W) → (B, 1, H, W), true inside. Their difference, root mean square over
// channels, is smoothed by a Gaussian of a 32nd of the shorter side; inside is what exceeds
// `threshold` times its maximum over the sample. Nothing, where they are equal.
at::Tensor edit_region(const at::Tensor& edited, const at::Tensor& unedited, double threshold);

}  // namespace hspace
