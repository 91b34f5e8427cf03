#include "hspace/svd.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "hspace/error.h"
#include "linalg/block_power.h"
#include "linalg/golub_kahan.h"
#include "linalg/vectors.h"

namespace hspace {

namespace {

std::string text(int64_t number) { return std::to_string(number); }

class Deaf : public SvdProgress {
 public:
  bool sweep(int64_t, int64_t, double) override { return true; }
};

// Vectors and signs as they are promised, and the evidence that both solvers give in the same way.
void finish(const LinearMap& map, const SvdOptions& options, Svd& svd) {
  fix_signs(svd.u, svd.v);
  svd.orthogonality = std::max(orthogonality(svd.v), orthogonality(svd.u));
  for (const double residual : svd.residuals) {
    svd.converged.push_back(residual <= options.tolerance);
  }
  const auto shaped = [&](const at::Tensor& rows, std::vector<int64_t> shape) {
    shape.insert(shape.begin(), rows.size(0));
    return rows.reshape(shape);
  };
  svd.v = shaped(svd.v, map.domain());
  svd.u = shaped(svd.u, map.codomain());
}

}  // namespace

SvdProgress& SvdProgress::none() {
  static Deaf deaf;
  return deaf;
}

void SvdOptions::check() const {
  if (vectors < 1) throw Error("vectors: expected at least 1, found " + text(vectors));
  if (!(tolerance > 0 && std::isfinite(tolerance))) {
    throw Error("tolerance: expected a number above 0, found " + std::to_string(tolerance));
  }
  if (max_products < 1) {
    throw Error("max_products: expected at least 1, found " + text(max_products));
  }
  if (basis != 0 && basis < vectors + 3) {
    throw Error("basis: expected 0 or at least vectors + 3 = " + text(vectors + 3) + ", found " +
                text(basis));
  }
}

std::vector<Svd> singular_vectors(const LinearMap& map, const SvdOptions& options,
                                  SvdProgress& progress) {
  options.check();
  const bool krylov = options.solver == SvdSolver::kGolubKahan;
  const int64_t most = std::min(size_of(map.domain()), size_of(map.codomain()));
  if (options.vectors > most) {
    throw Error("vectors: expected at most " + text(most) +
                ", the map's smaller dimension, found " + text(options.vectors));
  }
  if (!krylov && block_power_block(options) > most) {
    throw Error("basis: expected at most " + text(most) + ", the map's smaller dimension, found " +
                text(options.basis));
  }
  const at::NoGradGuard no_grad;
  std::vector<Svd> found =
      krylov ? golub_kahan(map, options, progress) : block_power(map, options, progress);
  for (Svd& svd : found) finish(map, options, svd);
  return found;
}

int64_t solver_bytes(const LinearMap& map, const SvdOptions& options) {
  const int64_t d = size_of(map.domain()), width = d + size_of(map.codomain());
  const auto item = static_cast<int64_t>(map.options().dtype().itemsize());
  if (options.solver == SvdSolver::kGolubKahan) {
    return (std::min(golub_kahan_basis(options), d) + 1) * width * item;
  }
  // Both sides of a block in the map's type, and in double precision with what is made of them.
  return block_power_block(options) * width * (item + 3 * 8);
}

}  // namespace hspace
