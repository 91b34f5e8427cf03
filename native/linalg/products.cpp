#include "linalg/products.h"

#include <cmath>
#include <string>
#include <utility>

#include "hspace/error.h"
#include "kernels/expect.h"
#include "linalg/vectors.h"

namespace hspace {

namespace {

std::vector<int64_t> batched(std::vector<int64_t> shape) {
  shape.insert(shape.begin(), -1);
  return shape;
}

}  // namespace

Products::Products(const LinearMap& map)
    : map_(map),
      domain_(batched(map.domain())),
      codomain_(batched(map.codomain())),
      domain_size_(size_of(map.domain())),
      codomain_size_(size_of(map.codomain())),
      options_(at::TensorOptions(map.options().device()).dtype(map.options().dtype())) {
  const at::ScalarType type = at::typeMetaToScalarType(options_.dtype());
  if (type != at::kFloat && type != at::kDouble) {
    throw Error(std::string("linear map: expected Float or Double vectors, found ") +
                at::toString(type));
  }
}

Product Products::apply(const at::Tensor& v, const std::vector<int64_t>& problem) const {
  return checked("A v", map_.apply(v.reshape(domain_), problem), codomain_size_, problem);
}

Product Products::apply_transpose(const at::Tensor& u, const std::vector<int64_t>& problem) const {
  return checked("A^T u", map_.apply_transpose(u.reshape(codomain_), problem), domain_size_,
                 problem);
}

Product Products::checked(const char* name, const at::Tensor& result, int64_t width,
                          const std::vector<int64_t>& problem) const {
  const auto n = static_cast<int64_t>(problem.size());
  const bool fits = result.defined() && result.dim() > 0 && result.size(0) == n &&
                    result.numel() == n * width && result.dtype() == options_.dtype() &&
                    result.device() == options_.device();
  if (!fits) {
    throw Error(std::string("linear map: ") + name + ": expected " + std::to_string(n) +
                " rows of " + std::to_string(width) + " numbers, " +
                at::toString(at::typeMetaToScalarType(options_.dtype())) + " on " +
                options_.device().str() + ", found " + describe(result));
  }
  Product product{result.reshape({n, width}).contiguous(), {}};
  product.norms = norms(product.rows);
  for (size_t i = 0; i < problem.size(); ++i) {
    if (!std::isfinite(product.norms[i])) {
      throw Error(map_.name(problem[i]) + ": a product with the map is not finite" +
                  (result.scalar_type() == at::kFloat ? "; float64 may help" : ""));
    }
  }
  return product;
}

}  // namespace hspace
