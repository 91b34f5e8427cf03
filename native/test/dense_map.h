#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/tensor.h>

#include <vector>

#include "hspace/svd.h"

namespace hspace::test {

// A map whose matrices (P, m, n) are written down, so that a dense SVD can judge the solvers.
class DenseMap : public LinearMap {
 public:
  explicit DenseMap(at::Tensor matrices) : matrices_(std::move(matrices)) {}

  int64_t problems() const override { return matrices_.size(0); }
  std::vector<int64_t> domain() const override { return {matrices_.size(2)}; }
  std::vector<int64_t> codomain() const override { return {matrices_.size(1)}; }
  at::TensorOptions options() const override { return matrices_.options(); }
  at::Tensor apply(const at::Tensor& v, const std::vector<int64_t>& problem) const override {
    return product(matrices_, v, problem);
  }
  at::Tensor apply_transpose(const at::Tensor& u,
                             const std::vector<int64_t>& problem) const override {
    return product(matrices_.transpose(1, 2), u, problem);
  }

  // Vectors that went through either product.
  int64_t applied() const { return applied_; }

 private:
  at::Tensor product(const at::Tensor& all, const at::Tensor& x,
                     const std::vector<int64_t>& problem) const {
    applied_ += static_cast<int64_t>(problem.size());
    return at::bmm(all.index_select(0, at::tensor(problem)), x.unsqueeze(2)).squeeze(2);
  }

  at::Tensor matrices_;
  mutable int64_t applied_ = 0;
};

}  // namespace hspace::test
