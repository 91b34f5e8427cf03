#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// Writes an image as a PNG of 8 bits a channel: image (C, H, W), C = 3 for colour, 1 for grey, any
// floating type and device; values beyond [-1, 1] are cut off. The data is not compressed. The file
// appears complete or not at all. Error when the image has another shape or a number that is not
// finite, FileError when the file cannot be written.
void write_png(const std::string& path, const at::Tensor& image);

}  // namespace hspace
