#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "files/json_object.h"

namespace hspace {

enum class HeadType { kLinear, kSigmoid, kSoftmaxPair, kBins };

// One attribute: some outputs of a linear layer, and the function that makes one score of them. The
// types are described in hspace/classifier.h.
struct Head {
  std::string name;
  std::string key;  // the linear layer's
  HeadType type;
  int64_t outputs;
  double scale;
  double offset;
  int64_t positive;
  double bin_width;

  // The "heads" list of a classifier's config.json; Error on whatever is wrong in it.
  static std::vector<Head> list(const JsonObject& config);

  // outputs (B, outputs) → scores (B)
  at::Tensor score(const at::Tensor& outputs) const;
};

}  // namespace hspace
