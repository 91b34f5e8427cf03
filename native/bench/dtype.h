#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "hspace/error.h"

namespace bench {

// The element type that `--dtype` names.
inline at::ScalarType dtype_of(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "float64") return at::kDouble;
  if (name == "bfloat16") return at::kBFloat16;
  throw hspace::Error("--dtype: expected float32, float64 or bfloat16, found " + name);
}

}  // namespace bench
