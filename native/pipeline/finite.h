#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace hspace {

// Whether all numbers are finite: one reduction, in which a NaN carries through.
bool all_finite(const at::Tensor& t);

// Whether results of several steps are finite, asked once: on another device than the CPU each look
// waits for all work before it.
class LaterCheck {
 public:
  // Takes note of a result. Nothing is waited for.
  void note(const at::Tensor& t);
  // Whether all that was noted is finite.
  bool passed() const;

 private:
  at::Tensor finite_;  // () on the results' device
};

// What is wrong in a tensor that has others, for messages: "NaN among 3 of 12288 that are not", by
// the first of them.
std::string not_finite_text(const at::Tensor& t);

// Error naming `what` it is, unless all numbers are finite.
void require_finite(const at::Tensor& t, const std::string& what);

// The largest magnitude that a floating-point type holds.
double largest_number(at::ScalarType type);

}  // namespace hspace
