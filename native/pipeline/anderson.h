#pragma once

#include <ATen/core/Tensor.h>

#include <deque>

namespace hspace {

// Accelerates a fixed-point iteration x ← g(x) of each row (Anderson 1965; Walker and Ni 2011,
// "type II"): the next iterate is the combination of the last images g(x) whose changes g(x) - x,
// combined alike, are smallest. Rows do not mix; one that is not finite any more stays so.
class AndersonMixing {
 public:
  // The next iterate, from the present one and its image g(x). All (B, …).
  at::Tensor next(const at::Tensor& x, const at::Tensor& image);

 private:
  struct Difference {
    at::Tensor image;   // of successive g(x) (B, D), double
    at::Tensor change;  // of successive g(x) - x (B, D), double
  };

  at::Tensor correction(const at::Tensor& change) const;

  std::deque<Difference> differences_;
  at::Tensor last_image_;   // g(x) (B, D), double
  at::Tensor last_change_;  // g(x) - x (B, D), double
};

}  // namespace hspace
