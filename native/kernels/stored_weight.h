#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>

namespace hspace {

// A weight in the element type that it is stored in, often a view of the mapped file, and the
// element type that it computes in. It is converted when asked for, so that no second copy of a
// network lies beside the one that is packed for its kernels.
class StoredWeight {
 public:
  StoredWeight() = default;
  StoredWeight(at::Tensor stored, at::ScalarType dtype)
      : stored_(std::move(stored)), dtype_(dtype) {}
  // Any tensor is one.
  StoredWeight(const at::Tensor& weight) : StoredWeight(weight, weight.scalar_type()) {}

  bool defined() const { return stored_.defined(); }
  at::Device device() const { return stored_.device(); }
  int64_t size(int64_t dim) const { return stored_.size(dim); }
  at::ScalarType scalar_type() const { return dtype_; }

  // What it computes with: itself where it is stored so.
  at::Tensor get() const { return stored_.to(dtype_); }

  StoredWeight narrow(int64_t dim, int64_t first, int64_t count) const {
    return {stored_.narrow(dim, first, count), dtype_};
  }
  // Rows of a table.
  at::Tensor rows(const at::Tensor& indices) const {
    return stored_.index_select(0, indices).to(dtype_);
  }

 private:
  at::Tensor stored_;
  at::ScalarType dtype_ = at::kFloat;
};

}  // namespace hspace
