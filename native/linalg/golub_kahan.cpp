#include "linalg/golub_kahan.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "hspace/progress.h"
#include "linalg/products.h"
#include "linalg/vectors.h"

namespace hspace {

namespace {

// Norms below this many roundings of the largest product are rounding themselves.
constexpr double kNoise = 16;

// B = P Σ Qᵀ of every active problem.
struct SmallSvd {
  at::Tensor p;   // (A, size, size)
  at::Tensor s;   // (A, size)
  at::Tensor qt;  // (A, size, size), Q transposed
};

// The bases and small matrices of the problems still active, all at the same step.
class Lockstep {
 public:
  Lockstep(const LinearMap& map, const SvdOptions& options);

  // One sweep: a column of B, then the small SVDs. The worst residual among the problems that go
  // on.
  double sweep();

  int64_t active() const { return static_cast<int64_t>(active_.size()); }
  int64_t pairs() const { return pairs_; }
  std::vector<Svd> results;  // (P)

 private:
  std::vector<double> extend(Product product, at::Tensor basis, int64_t columns);
  double replace(at::Tensor row, const at::Tensor& basis, size_t a, int64_t columns);
  double harvest(const std::vector<double>& beta);
  std::vector<double> residuals(const SmallSvd& small, int64_t a, double beta) const;
  Svd result(const SmallSvd& small, int64_t a, std::vector<double> residuals) const;
  void keep(const std::vector<int64_t>& rows);
  void restart(const SmallSvd& small, const std::vector<int64_t>& rows);

  const LinearMap& map_;
  const SvdOptions& options_;
  const Products products_;
  const int64_t capacity_;
  const double unit_;  // rounding of the working type

  std::vector<int64_t> active_;  // problem numbers, ascending
  std::vector<double> scale_;    // of each problem: the largest product seen, at most ‖A‖
  std::vector<int64_t> drawn_;   // of each problem: random vectors
  at::Tensor v_;                 // (A, capacity + 1, d) right bases
  at::Tensor u_;                 // (A, capacity, dOut) left bases
  at::Tensor b_;                 // (A, capacity, capacity) float64, CPU: A V = U B
  int64_t size_ = 0;             // columns of B that are filled
  int64_t sweeps_ = 0;           // each costs every active problem one pair of products
  int64_t pairs_ = 0;            // of all problems
};

Lockstep::Lockstep(const LinearMap& map, const SvdOptions& options)
    : results(map.problems()),
      map_(map),
      options_(options),
      products_(map),
      capacity_(std::min(golub_kahan_basis(options), products_.domain())),
      unit_(rounding(products_.options())),
      active_(map.problems()),
      scale_(map.problems()),
      drawn_(map.problems()),
      v_(at::empty({map.problems(), capacity_ + 1, products_.domain()}, products_.options())),
      u_(at::empty({map.problems(), capacity_, products_.codomain()}, products_.options())),
      b_(at::zeros({map.problems(), capacity_, capacity_}, at::kDouble)) {
  std::iota(active_.begin(), active_.end(), 0);
  for (const int64_t problem : active_) {
    const at::Tensor start = random_vector({options.seed, map.identity(problem), 0},
                                           products_.domain(), products_.options());  // (1, d)
    v_.select(0, problem).narrow(0, 0, 1).copy_(start / start.norm());
  }
}

double Lockstep::sweep() {
  const int64_t j = size_;
  Product image = products_.apply(v_.select(1, j), active_);  // (A, dOut)
  if (j > 0) b_.select(2, j).narrow(1, 0, j).copy_(orthogonalize(image.rows, u_.narrow(1, 0, j)));
  const at::Tensor w = image.rows;
  const std::vector<double> alpha = extend(std::move(image), u_, j);
  for (int64_t a = 0; a < active(); ++a) b_[a][j][j] = alpha[a];

  Product back = products_.apply_transpose(w, active_);  // (A, d)
  orthogonalize(back.rows, v_.narrow(1, 0, j + 1));
  const std::vector<double> beta = extend(std::move(back), v_, j + 1);
  ++size_;
  ++sweeps_;
  pairs_ += active();
  return harvest(beta);
}

// Scales each row of an orthogonalised product to norm one, puts it behind the first columns of the
// basis, and returns the norms. A row that orthogonalisation left at the map's rounding level is
// noise: its norm counts as zero and a random vector orthogonal to the basis goes on in its place.
// product.norms: of the rows as the product gave them
std::vector<double> Lockstep::extend(Product product, at::Tensor basis, int64_t columns) {
  std::vector<double> lengths = norms(product.rows);
  for (size_t a = 0; a < lengths.size(); ++a) {
    at::Tensor row = product.rows.narrow(0, static_cast<int64_t>(a), 1);  // (1, n), a view
    double& scale = scale_[active_[a]];
    scale = std::max(scale, product.norms[a]);
    double length = lengths[a];
    if (length <= kNoise * unit_ * scale) {
      lengths[a] = 0;
      if (columns >= row.size(1)) {  // the basis spans the space: nothing is left to go on with
        row.zero_();
        continue;
      }
      length = replace(row, basis, a, columns);
    }
    row.div_(length);
  }
  basis.select(1, columns).copy_(product.rows);
  return lengths;
}

// Puts a random vector orthogonal to the basis of problem active_[a] into a row (1, n), and returns
// its length.
double Lockstep::replace(at::Tensor row, const at::Tensor& basis, size_t a, int64_t columns) {
  const int64_t problem = active_[a];
  const Draw draw{options_.seed, map_.identity(problem), ++drawn_[problem]};
  row.copy_(random_vector(draw, row.size(1), products_.options()));
  if (columns > 0) {
    orthogonalize(row, basis.narrow(0, static_cast<int64_t>(a), 1).narrow(1, 0, columns));
  }
  return norms(row)[0];
}

// Small SVDs; problems that are done leave the batch; a full basis is restarted.
double Lockstep::harvest(const std::vector<double>& beta) {
  if (size_ < options_.vectors) return std::numeric_limits<double>::infinity();
  SmallSvd small;
  std::tie(small.p, small.s, small.qt) =
      at::linalg_svd(b_.narrow(1, 0, size_).narrow(2, 0, size_), /*full_matrices=*/false);
  double worst = 0;
  std::vector<int64_t> staying;
  for (int64_t a = 0; a < active(); ++a) {
    std::vector<double> found = residuals(small, a, beta[a]);
    const double largest = *std::max_element(found.begin(), found.end());
    if (largest <= options_.tolerance || sweeps_ >= options_.max_products) {
      results[active_[a]] = result(small, a, std::move(found));
    } else {
      staying.push_back(a);
      worst = std::max(worst, largest);
    }
  }
  keep(staying);
  if (size_ == capacity_) restart(small, staying);
  return worst;
}

// Relative residuals β |P_ji| / σ_i of the k leading triplets.
std::vector<double> Lockstep::residuals(const SmallSvd& small, int64_t a, double beta) const {
  const at::Tensor last = small.p[a][size_ - 1].contiguous();  // (size)
  const double* p = last.const_data_ptr<double>();
  const double* sigma = small.s[a].const_data_ptr<double>();
  std::vector<double> residuals(options_.vectors);
  for (size_t i = 0; i < residuals.size(); ++i) {
    const double absolute = beta * std::abs(p[i]);
    const bool null = sigma[i] <= kNoise * unit_ * sigma[0];
    residuals[i] = absolute == 0 ? 0
                   : null        ? std::numeric_limits<double>::infinity()
                                 : absolute / sigma[i];
  }
  return residuals;
}

Svd Lockstep::result(const SmallSvd& small, int64_t a, std::vector<double> residuals) const {
  const int64_t k = options_.vectors;
  const auto combined = [&](const at::Tensor& weights, const at::Tensor& basis) {
    const at::Tensor rows =
        weights.narrow(0, 0, k).to(products_.options()).matmul(basis.narrow(0, 0, size_));
    return orthonormal(rows).to(products_.options());
  };
  Svd svd;
  svd.v = combined(small.qt[a], v_[a]);                 // (k, d)
  svd.u = combined(small.p[a].transpose(0, 1), u_[a]);  // (k, dOut)
  const double* sigma = small.s[a].const_data_ptr<double>();
  svd.s = {sigma, sigma + k};
  svd.residuals = std::move(residuals);
  svd.products = sweeps_;
  return svd;
}

// Compacts the batch to the rows that stay, in place.
void Lockstep::keep(const std::vector<int64_t>& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto to = static_cast<int64_t>(i);
    if (rows[i] == to) continue;
    active_[i] = active_[rows[i]];
    for (const at::Tensor& t : {v_, u_, b_}) t[to].copy_(t[rows[i]]);
  }
  active_.resize(rows.size());
  for (at::Tensor* t : {&v_, &u_, &b_}) *t = t->narrow(0, 0, active());
}

// Thick restart: the leading left and right Ritz vectors and the next right basis vector are the
// new bases. rows: where the active problems' small SVDs are
void Lockstep::restart(const SmallSvd& small, const std::vector<int64_t>& rows) {
  const int64_t k = options_.vectors;
  const int64_t kept = std::min(size_ - 2, k + std::max<int64_t>(3, (capacity_ - k) / 3));
  const auto combine = [&](const at::Tensor& weights, at::Tensor basis) {
    basis.narrow(0, 0, kept)
        .copy_(
            weights.narrow(0, 0, kept).to(products_.options()).matmul(basis.narrow(0, 0, size_)));
  };
  b_.zero_();
  for (int64_t a = 0; a < active(); ++a) {
    combine(small.qt[rows[a]], v_[a]);
    combine(small.p[rows[a]].transpose(0, 1), u_[a]);
    v_[a][kept].copy_(v_[a][size_]);
    b_[a].diagonal().narrow(0, 0, kept).copy_(small.s[rows[a]].narrow(0, 0, kept));
  }
  size_ = kept;
}

}  // namespace

int64_t golub_kahan_basis(const SvdOptions& options) {
  return options.basis > 0 ? options.basis : std::max<int64_t>(40, 3 * options.vectors + 16);
}

std::vector<Svd> golub_kahan(const LinearMap& map, const SvdOptions& options,
                             SvdProgress& progress) {
  Lockstep lockstep(map, options);
  while (lockstep.active() > 0) {
    const double worst = lockstep.sweep();
    if (!progress.sweep(lockstep.active(), lockstep.pairs(), worst)) throw Cancelled();
  }
  return std::move(lockstep.results);
}

}  // namespace hspace
