#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "hspace/unet.h"

namespace hspace::test {

// One of the tiny random models in native/test/golden, with what diffusers computes in float64.
struct GoldenCase {
  explicit GoldenCase(const std::string& name);

  at::Tensor operator[](const std::string& tensor) const;
  bool contains(const std::string& tensor) const;
  // What its model is conditioned on, a row for each of x.
  Condition condition() const;
  // The golden x, t and condition, encoded.
  Bottleneck encode(const UNet& unet, InjectionPoint point) const;

  std::string name;
  std::string directory;
  std::string variant;  // of the weight file
};

// The names of all cases, sorted.
std::vector<std::string> golden_case_names();

// The suffix of the golden tensors of a point: "after", "before" or "middle".
std::string point_name(InjectionPoint point);

// max |a - b| / max |b|, in float64
double relative_difference(const at::Tensor& a, const at::Tensor& b);

inline constexpr InjectionPoint kPoints[] = {InjectionPoint::kAfter, InjectionPoint::kBefore,
                                             InjectionPoint::kMiddle};

}  // namespace hspace::test
