#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// Several independent linear maps A_p, one a problem, that share a domain and a codomain and are
// applied in one batch: the denoiser's Jacobians at T timesteps are T problems. Solvers see nothing
// else of the network; they run on any map whose two products satisfy <A v, u> = <v, Aᵀ u>.
//
// Gradients are off while a solver runs; a map whose products need them turns them on itself.
class LinearMap {
 public:
  virtual ~LinearMap() = default;

  // Number of problems P.
  virtual int64_t problems() const = 0;
  // A number of one of the problems that its start vectors are drawn by; where problems are solved
  // in turns it should not depend on which share a turn.
  virtual int64_t identity(int64_t problem) const { return problem; }
  // What messages call one of the problems.
  virtual std::string name(int64_t problem) const { return "problem " + std::to_string(problem); }

  // Shape of one domain vector, for the denoiser's Jacobian (c, h, w).
  virtual std::vector<int64_t> domain() const = 0;
  // Shape of one codomain vector, for the denoiser's Jacobian (C, H, W).
  virtual std::vector<int64_t> codomain() const = 0;
  // Type (float32 or float64) and device of the vectors that the products take and return.
  virtual at::TensorOptions options() const = 0;

  // A_problem[i] v_i.  v (n, domain...), problem: n numbers in [0, P), ascending → (n,
  // codomain...), which the caller may overwrite
  virtual at::Tensor apply(const at::Tensor& v, const std::vector<int64_t>& problem) const = 0;
  // A_problem[i]ᵀ u_i.  u (n, codomain...) → (n, domain...), which the caller may overwrite
  virtual at::Tensor apply_transpose(const at::Tensor& u,
                                     const std::vector<int64_t>& problem) const = 0;
};

enum class SvdSolver {
  // Golub-Kahan-Lanczos bidiagonalisation with thick restart. Singular values that lie closer
  // together than the tolerance times the largest may be found once instead of several times.
  kGolubKahan,
  // Block power iteration (Haas et al., Algorithm 1): simple, slow where singular values lie close
  // together, the yardstick for the other.
  kBlockPower,
};

// What a solver is asked for.
struct SvdOptions {
  int64_t vectors = 1;         // singular triplets wanted of each problem, k
  double tolerance = 1e-3;     // largest accepted ‖Aᵀu - sv‖ / s
  int64_t max_products = 500;  // pairs of products a problem may spend until it is left unconverged
  // Vectors kept before a restart; kBlockPower: its block size. 0 lets the solver choose.
  int64_t basis = 0;
  // Start vectors are drawn from this seed and the problem's identity, the same on every machine
  // and whatever else is in the batch.
  int64_t seed = 0;
  SvdSolver solver = SvdSolver::kGolubKahan;

  // Error naming the option.
  void check() const;
};

// The k leading singular triplets of one problem, with the evidence for them. The entry of largest
// magnitude of each v is positive, of several such the first.
struct Svd {
  at::Tensor u;           // left singular vectors (k, codomain...)
  std::vector<double> s;  // singular values (k), descending
  at::Tensor v;           // right singular vectors (k, domain...)
  // ‖Aᵀu_i - s_i v_i‖ / s_i (k); infinite where s_i = 0 and the vector is unknown
  std::vector<double> residuals;
  std::vector<bool> converged;  // (k) whether the residual met the tolerance
  double orthogonality = 0;     // max |V Vᵀ - I|, or that of U, whichever is larger
  int64_t products = 0;         // pairs of products (one A v and one Aᵀ u) spent on this problem
};

// Hears of every sweep over the problems that have not converged yet.
class SvdProgress {
 public:
  virtual ~SvdProgress() = default;

  // active: problems not yet converged; pairs: pairs of products spent on all problems so far;
  // worst: largest relative residual among the wanted vectors of the active problems, infinite when
  // there is none yet. False cancels.
  virtual bool sweep(int64_t active, int64_t pairs, double worst) = 0;

  // Hears nothing.
  static SvdProgress& none();
};

// The leading singular triplets of every problem, all problems in lockstep, in the order of their
// numbers. Error when a product is not finite, and when domain or codomain have fewer than k
// dimensions; Cancelled when progress says so.
std::vector<Svd> singular_vectors(const LinearMap& map, const SvdOptions& options,
                                  SvdProgress& progress = SvdProgress::none());

// Bytes that the solver keeps for each problem, for cutting a run to a memory budget.
int64_t solver_bytes(const LinearMap& map, const SvdOptions& options);

}  // namespace hspace
