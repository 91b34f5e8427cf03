#pragma once

#include <cstdint>
#include <vector>

#include "hspace/svd.h"

namespace hspace {

// A batch of vectors that went through a map, one a row.
struct Product {
  at::Tensor rows;            // (n, d or dOut), contiguous
  std::vector<double> norms;  // (n)
};

// A map's products over flat vectors, checked: what a map returns has the promised shape and holds
// finite numbers.
class Products {
 public:
  explicit Products(const LinearMap& map);

  int64_t domain() const { return domain_size_; }      // d
  int64_t codomain() const { return codomain_size_; }  // dOut
  const at::TensorOptions& options() const { return options_; }

  // v (n, d), problem (n) → (n, dOut)
  Product apply(const at::Tensor& v, const std::vector<int64_t>& problem) const;
  // u (n, dOut), problem (n) → (n, d)
  Product apply_transpose(const at::Tensor& u, const std::vector<int64_t>& problem) const;

 private:
  Product checked(const char* name, const at::Tensor& result, int64_t width,
                  const std::vector<int64_t>& problem) const;

  const LinearMap& map_;
  std::vector<int64_t> domain_;    // with -1 in front: of a batch
  std::vector<int64_t> codomain_;  // likewise
  int64_t domain_size_;
  int64_t codomain_size_;
  at::TensorOptions options_;
};

}  // namespace hspace
