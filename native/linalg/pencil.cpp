#include "linalg/pencil.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "hspace/error.h"
#include "hspace/progress.h"
#include "linalg/golub_kahan.h"
#include "linalg/products.h"
#include "linalg/vectors.h"

namespace hspace {

namespace {

// Norms below this many roundings of what they came from are rounding themselves.
constexpr double kNoise = 16;

// Singular vectors that the basis begins with.
constexpr int64_t kStart = 40;

// Sweeps until a restart.
constexpr int64_t kSweeps = 16;

int64_t basis_size(const SvdOptions& options) {
  return options.basis > 0 ? options.basis : kStart + kSweeps * options.vectors;
}

// The whole map's singular vectors come first, and none of the problems is done with them.
class Beginning : public SvdProgress {
 public:
  Beginning(SvdProgress& progress, int64_t problems) : progress_(progress), problems_(problems) {}
  bool sweep(int64_t, int64_t pairs, double) override {
    return progress_.sweep(problems_, pairs, std::numeric_limits<double>::infinity());
  }

 private:
  SvdProgress& progress_;
  int64_t problems_;
};

// One problem's basis, its image and the two small matrices.
struct Space {
  int64_t problem;
  at::Tensor v;       // (capacity, d), the first `size` rows orthonormal
  at::Tensor w;       // (capacity, dOut): A of each
  at::Tensor inside;  // (capacity, capacity) float64: W M Wᵀ
  at::Tensor all;     // the same: W Wᵀ
  double largest;     // s₁²
  double weight;      // λ s₁²
  int64_t products;   // pairs
  int64_t drawn = 0;  // random vectors
};

// The k leading Ritz vectors.
struct Ritz {
  at::Tensor weights;            // (size, size) float64: all vectors over the basis, best first
  at::Tensor v;                  // (k, d), of norm one
  at::Tensor w;                  // (k, dOut): A v
  std::vector<double> theta;     // (k)
  std::vector<double> change;    // (k) ‖M A v‖²
  at::Tensor residual;           // (k, d): Aᵀ M A v - θ C v
  std::vector<double> relative;  // (k)
};

class Search {
 public:
  Search(const LinearMap& map, const at::Tensor& inside, double lambda, const SvdOptions& options,
         SvdProgress& progress);
  std::vector<Svd> run();

 private:
  void begin(double lambda);
  Ritz ritz(const Space& space) const;
  void residuals(std::vector<Ritz>& found);
  void grow(std::vector<Ritz>& found);
  at::Tensor extend(Space& space, const at::Tensor& row, int64_t columns) const;
  void update(Space& space, int64_t from) const;
  void restart(Space& space, const Ritz& ritz, int64_t kept) const;
  Svd result(const Space& space, const Ritz& ritz) const;

  const LinearMap& map_;
  const SvdOptions& options_;
  SvdProgress& progress_;
  const Products products_;
  const at::Tensor inside_;  // (dOut)
  const int64_t k_;
  const int64_t capacity_;
  const double unit_;  // rounding of the working type
  std::vector<Space> active_;
  int64_t size_ = 0;   // of every basis
  int64_t pairs_ = 0;  // of all problems
};

Search::Search(const LinearMap& map, const at::Tensor& inside, double lambda,
               const SvdOptions& options, SvdProgress& progress)
    : map_(map),
      options_(options),
      progress_(progress),
      products_(map),
      inside_(inside.to(products_.options()).reshape(-1)),
      k_(options.vectors),
      capacity_(std::min(std::max(basis_size(options), 2 * k_ + 1), products_.domain())),
      unit_(rounding(products_.options())) {
  begin(lambda);
}

void Search::begin(double lambda) {
  SvdOptions start;
  start.vectors =
      std::max(k_, std::min({kStart, capacity_ - k_, products_.codomain(), options_.max_products}));
  start.max_products = start.vectors;
  start.basis = start.vectors + 3;
  start.tolerance = options_.tolerance;
  start.seed = options_.seed;
  Beginning beginning(progress_, map_.problems());
  std::vector<Svd> found = golub_kahan(map_, start, beginning);
  size_ = start.vectors;
  for (size_t problem = 0; problem < found.size(); ++problem) {
    const Svd& svd = found[problem];
    Space space;
    space.problem = static_cast<int64_t>(problem);
    space.v = at::empty({capacity_, products_.domain()}, products_.options());
    space.w = at::empty({capacity_, products_.codomain()}, products_.options());
    space.v.narrow(0, 0, size_).copy_(svd.v);
    for (int64_t i = 0; i < size_; ++i) space.w[i].copy_(svd.u[i] * svd.s[i]);
    space.inside = at::zeros({capacity_, capacity_}, at::kDouble);
    space.all = at::zeros({capacity_, capacity_}, at::kDouble);
    space.largest = svd.s[0] * svd.s[0];
    space.weight = lambda * (space.largest > 0 ? space.largest : 1);
    space.products = svd.products;
    pairs_ += svd.products;
    update(space, 0);
    active_.push_back(std::move(space));
  }
}

std::vector<Svd> Search::run() {
  std::vector<Svd> results(active_.size());
  while (!active_.empty()) {
    std::vector<Ritz> found;
    for (const Space& space : active_) found.push_back(ritz(space));
    residuals(found);
    std::vector<Space> staying;
    std::vector<Ritz> open;
    double worst = 0;
    for (size_t a = 0; a < active_.size(); ++a) {
      Space& space = active_[a];
      const double largest = *std::max_element(found[a].relative.begin(), found[a].relative.end());
      // A basis that spans the space has the answer, as well as the type can hold it.
      if (largest <= options_.tolerance || space.products + k_ > options_.max_products ||
          size_ >= products_.domain()) {
        results[space.problem] = result(space, found[a]);
      } else {
        worst = std::max(worst, largest);
        staying.push_back(std::move(space));
        open.push_back(std::move(found[a]));
      }
    }
    active_ = std::move(staying);
    if (!active_.empty()) grow(open);
    if (!progress_.sweep(static_cast<int64_t>(active_.size()), pairs_, worst)) throw Cancelled();
  }
  return results;
}

// The small pencil, by the Cholesky factor of its definite side.
Ritz Search::ritz(const Space& space) const {
  const auto part = [&](const at::Tensor& t) { return t.narrow(0, 0, size_).narrow(1, 0, size_); };
  const at::Tensor right = part(space.all) + space.weight * at::eye(size_, at::kDouble);
  const at::Tensor factor = at::linalg_cholesky(right);  // lower
  const auto solve = [&](const at::Tensor& t) {
    return at::linalg_solve_triangular(factor, t, /*upper=*/false);
  };
  const at::Tensor left = solve(solve(part(space.inside)).transpose(0, 1));
  const auto [values, vectors] = at::linalg_eigh(left);  // ascending
  const at::Tensor y = at::linalg_solve_triangular(factor.transpose(0, 1), vectors, true);
  Ritz ritz;
  ritz.weights = y.flip(1).transpose(0, 1).contiguous();  // rows, best first
  const at::Tensor lengths = ritz.weights.norm(2, {1}, true);
  ritz.weights = ritz.weights / lengths;
  const at::Tensor leading = ritz.weights.narrow(0, 0, k_);
  const at::Tensor typed = leading.to(products_.options());
  ritz.v = typed.matmul(space.v.narrow(0, 0, size_));
  ritz.w = typed.matmul(space.w.narrow(0, 0, size_));
  for (int64_t i = 0; i < k_; ++i) {
    const at::Tensor row = leading[i];
    const double change = row.dot(part(space.inside).mv(row)).item<double>();
    ritz.change.push_back(std::max(change, 0.0));
    ritz.theta.push_back(ritz.change[i] / row.dot(right.mv(row)).item<double>());
  }
  return ritz;
}

// Aᵀ(M - θ) A v - θ λ s₁² v of all vectors of all active problems, in one batch.
void Search::residuals(std::vector<Ritz>& found) {
  const auto n = static_cast<int64_t>(found.size());
  at::Tensor u = at::empty({n * k_, products_.codomain()}, products_.options());
  std::vector<int64_t> problem;
  for (int64_t a = 0; a < n; ++a) {
    for (int64_t i = 0; i < k_; ++i) {
      u[a * k_ + i].copy_(found[a].w[i] * (inside_ - found[a].theta[i]));
      problem.push_back(active_[a].problem);
    }
  }
  const at::Tensor back = products_.apply_transpose(u, problem).rows;  // (n·k, d)
  for (int64_t a = 0; a < n; ++a) {
    Ritz& ritz = found[a];
    ritz.residual = back.narrow(0, a * k_, k_);
    for (int64_t i = 0; i < k_; ++i) {
      ritz.residual[i].sub_(ritz.v[i], ritz.theta[i] * active_[a].weight);
    }
    active_[a].products += k_;
    pairs_ += k_;
    const std::vector<double> absolute = norms(ritz.residual);
    // A change inside that is the rounding of the whole change is none.
    for (int64_t i = 0; i < k_; ++i) {
      const bool null = ritz.change[i] <= kNoise * unit_ * unit_ * active_[a].largest;
      ritz.relative.push_back(absolute[i] == 0 ? 0
                              : null           ? std::numeric_limits<double>::infinity()
                                               : absolute[i] / (2 * ritz.change[i]));
    }
  }
}

// Puts the residuals behind every basis, and what the map makes of them.
void Search::grow(std::vector<Ritz>& found) {
  if (size_ + k_ > capacity_ && capacity_ < products_.domain()) {
    const int64_t kept = std::max(k_, std::min(capacity_ / 2, capacity_ - k_));
    for (size_t a = 0; a < active_.size(); ++a) restart(active_[a], found[a], kept);
    size_ = kept;
  }
  const int64_t more = std::min(k_, capacity_ - size_);
  std::vector<at::Tensor> rows;
  std::vector<int64_t> problem;
  for (size_t a = 0; a < active_.size(); ++a) {
    for (int64_t i = 0; i < more; ++i) {
      rows.push_back(extend(active_[a], found[a].residual.narrow(0, i, 1), size_ + i));
      problem.push_back(active_[a].problem);
    }
  }
  const at::Tensor images = products_.apply(at::cat(rows), problem).rows;  // (n·more, dOut)
  size_ += more;
  for (size_t a = 0; a < active_.size(); ++a) {
    active_[a]
        .w.narrow(0, size_ - more, more)
        .copy_(images.narrow(0, static_cast<int64_t>(a) * more, more));
    update(active_[a], size_ - more);
  }
}

// Makes a row (1, d) orthonormal to a basis and its next vector; one that lies in the basis gives
// way to a random vector.
at::Tensor Search::extend(Space& space, const at::Tensor& row, int64_t columns) const {
  const at::Tensor basis = space.v.narrow(0, 0, columns).unsqueeze(0);
  at::Tensor next = row.clone();
  const double before = norms(next)[0];
  orthogonalize(next, basis);
  double length = norms(next)[0];
  if (length <= kNoise * unit_ * before) {
    const Draw draw{options_.seed, map_.identity(space.problem), ++space.drawn};
    next = random_vector(draw, products_.domain(), products_.options());
    orthogonalize(next, basis);
    length = norms(next)[0];
  }
  next.div_(length);
  space.v.narrow(0, columns, 1).copy_(next);
  return next;
}

// The small matrices' rows and columns from `from` on.
void Search::update(Space& space, int64_t from) const {
  const at::Tensor wide = space.w.narrow(0, 0, size_).to(at::kDouble);
  const at::Tensor fresh = wide.narrow(0, from, size_ - from);
  const auto put = [&](const at::Tensor& matrix, const at::Tensor& rows) {
    const at::Tensor products = rows.matmul(wide.transpose(0, 1)).cpu();
    matrix.narrow(0, from, size_ - from).narrow(1, 0, size_).copy_(products);
    matrix.narrow(1, from, size_ - from).narrow(0, 0, size_).copy_(products.transpose(0, 1));
  };
  put(space.all, fresh);
  put(space.inside, fresh * inside_.to(at::kDouble));
}

// Goes on with an orthonormal basis of the best Ritz vectors.
void Search::restart(Space& space, const Ritz& ritz, int64_t kept) const {
  const at::Tensor best = ritz.weights.narrow(0, 0, kept).transpose(0, 1);  // (size, kept)
  const at::Tensor q = std::get<0>(at::linalg_qr(best)).transpose(0, 1);    // (kept, size)
  const at::Tensor typed = q.to(products_.options());
  for (const at::Tensor& basis : {space.v, space.w}) {
    basis.narrow(0, 0, kept).copy_(typed.matmul(basis.narrow(0, 0, size_)));
  }
  for (const at::Tensor& matrix : {space.inside, space.all}) {
    const at::Tensor part = matrix.narrow(0, 0, size_).narrow(1, 0, size_);
    const at::Tensor turned = q.matmul(part).matmul(q.transpose(0, 1));
    matrix.narrow(0, 0, kept).narrow(1, 0, kept).copy_(turned);
  }
}

Svd Search::result(const Space& space, const Ritz& ritz) const {
  Svd svd;
  svd.s = norms(ritz.w);
  svd.v = ritz.v / ritz.v.norm(2, {1}, true);
  svd.u = ritz.w.clone();
  for (int64_t i = 0; i < k_; ++i) {
    if (svd.s[i] > 0) svd.u[i].div_(svd.s[i]);
  }
  fix_signs(svd.u, svd.v);
  svd.residuals = ritz.relative;
  for (const double residual : svd.residuals) {
    svd.converged.push_back(residual <= options_.tolerance);
  }
  const at::Tensor y = ritz.weights.narrow(0, 0, k_);
  const at::Tensor c = space.all.narrow(0, 0, size_).narrow(1, 0, size_) +
                       space.weight * at::eye(size_, at::kDouble);
  const at::Tensor gram = y.matmul(c).matmul(y.transpose(0, 1));  // (k, k)
  const at::Tensor scale = gram.diagonal().rsqrt();
  svd.orthogonality = (gram * scale.unsqueeze(0) * scale.unsqueeze(1) - at::eye(k_, at::kDouble))
                          .abs()
                          .max()
                          .item<double>();
  svd.products = space.products;
  const auto shaped = [&](const at::Tensor& rows, std::vector<int64_t> shape) {
    shape.insert(shape.begin(), rows.size(0));
    return rows.reshape(shape);
  };
  svd.v = shaped(svd.v, map_.domain());
  svd.u = shaped(svd.u, map_.codomain());
  return svd;
}

}  // namespace

std::vector<Svd> pencil_vectors(const LinearMap& map, const at::Tensor& inside, double lambda,
                                const SvdOptions& options, SvdProgress& progress) {
  options.check();
  if (!(lambda > 0 && std::isfinite(lambda))) {
    throw Error("keep_outside: expected a number above 0, found " + std::to_string(lambda));
  }
  const int64_t most = std::min(size_of(map.domain()), size_of(map.codomain()));
  if (options.vectors > most) {
    throw Error("vectors: expected at most " + std::to_string(most) +
                ", the map's smaller dimension, found " + std::to_string(options.vectors));
  }
  if (inside.numel() != size_of(map.codomain())) {
    throw Error("mask: expected as many numbers as the map's results, " +
                std::to_string(size_of(map.codomain())) + ", found " +
                std::to_string(inside.numel()));
  }
  const at::NoGradGuard no_grad;
  return Search(map, inside, lambda, options, progress).run();
}

int64_t pencil_bytes(const LinearMap& map, const SvdOptions& options) {
  const int64_t d = size_of(map.domain()), width = d + size_of(map.codomain());
  const auto item = static_cast<int64_t>(map.options().dtype().itemsize());
  // The singular vectors with their basis, the grown basis, and its image in double precision.
  return (2 * kStart + 4 + basis_size(options)) * width * item +
         2 * basis_size(options) * (width - d) * 8;
}

}  // namespace hspace
