// Local vectors against the dense generalised eigenproblem in double precision.
#include "linalg/pencil.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "hspace/error.h"
#include "hspace/progress.h"
#include "test/dense_map.h"

namespace hspace::test {
namespace {

constexpr int64_t kRows = 240;
constexpr int64_t kColumns = 150;
constexpr int64_t kInside = 60;  // rows of the result inside the mask
constexpr double kLambda = 1e-2;

// A matrix (m, n) whose singular values fall like those of a denoiser.
at::Tensor matrix(double decay) {
  const auto basis = [](int64_t rows) {
    return std::get<0>(at::linalg_qr(at::randn({rows, kColumns}, at::kDouble)));
  };
  std::vector<double> values(kColumns);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = 0.04 * std::pow(static_cast<double>(i + 1), -decay);
  }
  return (basis(kRows) * at::tensor(values, at::kDouble)).matmul(basis(kColumns).transpose(0, 1));
}

at::Tensor matrices() {
  at::manual_seed(4);
  return at::stack({matrix(0.5), matrix(0.8), matrix(1.2)});
}

at::Tensor mask(int64_t inside = kInside) {
  at::Tensor mask = at::zeros({kRows}, at::kDouble);
  mask.narrow(0, 0, inside).fill_(1);
  return mask;
}

// The dense pencil AᵀMA v = θ C v, C = AᵀA + λ s₁².
struct Dense {
  explicit Dense(const at::Tensor& a, int64_t inside = kInside, double lambda = kLambda) {
    const at::Tensor part = a.narrow(0, 0, inside);
    const double largest = std::get<1>(at::linalg_svd(a)).max().item<double>();
    left = part.transpose(0, 1).matmul(part);
    right =
        a.transpose(0, 1).matmul(a) + lambda * largest * largest * at::eye(a.size(1), at::kDouble);
    const at::Tensor factor = at::linalg_cholesky(right);
    const auto solve = [&](const at::Tensor& t) {
      return at::linalg_solve_triangular(factor, t, false);
    };
    theta = std::get<0>(at::linalg_eigh(solve(solve(left).transpose(0, 1)))).flip(0);
  }

  // Rayleigh quotients of rows v (k, d) → (k)
  at::Tensor quotients(const at::Tensor& v) const {
    return (v.matmul(left) * v).sum(1) / (v.matmul(right) * v).sum(1);
  }

  at::Tensor left, right, theta;
};

SvdOptions asked(double tolerance, int64_t max_products = 2'000, int64_t basis = 0) {
  SvdOptions options;
  options.vectors = 3;
  options.tolerance = tolerance;
  options.max_products = max_products;
  options.basis = basis;
  return options;
}

std::vector<Svd> solve(const DenseMap& map, const SvdOptions& options,
                       const at::Tensor& inside = mask(),
                       SvdProgress& progress = SvdProgress::none()) {
  return pencil_vectors(map, inside, kLambda, options, progress);
}

// The greatest ratios are found, in their order, whether the basis is restarted or not.
TEST(Pencil, FindsTheLeadingEigenvectorsOfEveryProblem) {
  const at::Tensor dense = matrices();
  for (const int64_t basis : {0, 45}) {
    SCOPED_TRACE(basis);
    const std::vector<Svd> found = solve(DenseMap(dense), asked(1e-7, 5'000, basis));
    ASSERT_EQ(found.size(), 3u);
    for (int64_t p = 0; p < 3; ++p) {
      SCOPED_TRACE(p);
      const Dense oracle(dense[p]);
      const at::Tensor quotients = oracle.quotients(found[p].v);
      // An eigenvalue errs by the square of its residual; s₁ is one of 40 steps.
      EXPECT_LT((quotients - oracle.theta.narrow(0, 0, 3)).abs().max().item<double>(), 1e-6);
      EXPECT_TRUE(std::all_of(found[p].converged.begin(), found[p].converged.end(),
                              [](bool c) { return c; }));
      EXPECT_GT(found[p].products, basis) << "a restart took place";
      // They are the C-orthogonal ones, of norm one.
      EXPECT_LT(found[p].orthogonality, 1e-9);
      EXPECT_LT((found[p].v.norm(2, {1}) - 1).abs().max().item<double>(), 1e-12);
    }
  }
}

TEST(Pencil, ReportsTheTrueResidualsAndWhatTheMapMakesOfItsVectors) {
  const at::Tensor dense = matrices();
  const std::vector<Svd> found = solve(DenseMap(dense), asked(1e-3));
  for (int64_t p = 0; p < 3; ++p) {
    const Svd& svd = found[p];
    const Dense oracle(dense[p]);
    const at::Tensor image = svd.v.matmul(dense[p].transpose(0, 1));  // (k, m)
    const at::Tensor s = at::tensor(svd.s, at::kDouble).unsqueeze(1);
    EXPECT_LT((image - s * svd.u).abs().max().item<double>(), 1e-12);
    const at::Tensor theta = oracle.quotients(svd.v).unsqueeze(1);
    const at::Tensor left = svd.v.matmul(oracle.left), right = svd.v.matmul(oracle.right);
    const at::Tensor residual = (left - theta * right).norm(2, {1});
    const at::Tensor scale = 2 * (left * svd.v).sum(1);
    for (int64_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(svd.residuals[i], (residual[i] / scale[i]).item<double>(), 1e-6);
      // What is reported is at least the residual against the size of both sides.
      const double sides = (left[i].norm() + theta[i] * right[i].norm()).item<double>();
      EXPECT_LE(residual[i].item<double>() / sides, svd.residuals[i] + 1e-6);
      EXPECT_LE(svd.residuals[i], 1e-3);
    }
  }
}

// What keeps the outside costs change inside: the ratio is above the masked singular vector's.
TEST(Pencil, KeepsTheOutsideBetterThanTheMaskedSingularVector) {
  const at::Tensor dense = matrices();
  const at::Tensor a = dense[0], part = a.narrow(0, 0, kInside);
  const at::Tensor singular = std::get<2>(at::linalg_svd(part, false)).narrow(0, 0, 1);
  const Svd svd = solve(DenseMap(dense), asked(1e-5))[0];
  const auto ratio = [&](const at::Tensor& v) {
    const at::Tensor image = v.matmul(a.transpose(0, 1)).square();
    const double inside = image.narrow(1, 0, kInside).sum().item<double>();
    return inside / (image.sum().item<double>() - inside);
  };
  EXPECT_GT(ratio(svd.v.narrow(0, 0, 1)), 2 * ratio(singular));
}

TEST(Pencil, SaysWhichVectorsDidNotConverge) {
  const Svd svd = solve(DenseMap(matrices()), asked(1e-12, 50))[0];
  EXPECT_LE(svd.products, 50);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(svd.converged[i], svd.residuals[i] <= 1e-12);
  EXPECT_FALSE(svd.converged[2]);
}

TEST(Pencil, MeetsTheToleranceInSinglePrecisionToo) {
  const at::Tensor dense = matrices();
  const std::vector<Svd> found = solve(DenseMap(dense.to(at::kFloat)), asked(1e-3));
  for (int64_t p = 0; p < 3; ++p) {
    EXPECT_EQ(found[p].v.scalar_type(), at::kFloat);
    const Dense oracle(dense[p]);
    const at::Tensor quotients = oracle.quotients(found[p].v.to(at::kDouble));
    EXPECT_LT((quotients - oracle.theta.narrow(0, 0, 3)).abs().max().item<double>(), 1e-3);
    EXPECT_LE(*std::max_element(found[p].residuals.begin(), found[p].residuals.end()), 1e-3);
  }
}

// A mask of one entry has one vector; the others change nothing inside, and are not called found.
TEST(Pencil, AnswersMasksOfLowerRankThanVectors) {
  const Svd svd = solve(DenseMap(matrices()), asked(1e-6, 300), mask(1))[0];
  EXPECT_TRUE(svd.converged[0]);
  EXPECT_FALSE(svd.converged[1]);
  EXPECT_FALSE(svd.converged[2]);
  EXPECT_TRUE(svd.v.isfinite().all().item<bool>());
}

TEST(Pencil, FindsTheWholeSpectrumOfASmallMap) {
  const at::Tensor small = matrices().narrow(1, 0, 9).narrow(2, 0, 5).contiguous();
  at::Tensor inside = at::zeros({9}, at::kDouble);
  inside.narrow(0, 0, 6).fill_(1);
  SvdOptions options = asked(1e-9);
  options.vectors = 5;
  const Svd svd = solve(DenseMap(small), options, inside)[0];
  const Dense oracle(small[0], 6);
  EXPECT_LT((oracle.quotients(svd.v) - oracle.theta).abs().max().item<double>(), 1e-9);
}

class Listener : public SvdProgress {
 public:
  explicit Listener(int64_t sweeps) : sweeps_(sweeps) {}
  bool sweep(int64_t active, int64_t pairs, double) override {
    EXPECT_GE(last_active, active);
    EXPECT_GT(pairs, last_pairs);
    last_active = active;
    last_pairs = pairs;
    return ++heard < sweeps_;
  }
  int64_t heard = 0;
  int64_t last_active = std::numeric_limits<int64_t>::max();
  int64_t last_pairs = 0;

 private:
  int64_t sweeps_;
};

TEST(Pencil, TellsOfEverySweepAndCanBeCancelled) {
  const DenseMap map(matrices());
  Listener patient(1'000'000);
  int64_t pairs = 0;
  for (const Svd& svd : solve(map, asked(1e-4), mask(), patient)) pairs += svd.products;
  EXPECT_EQ(patient.last_active, 0);
  EXPECT_EQ(patient.last_pairs, pairs);
  for (const int64_t sweeps : {3, 42}) {  // among the singular vectors, and after them
    Listener hasty(sweeps);
    EXPECT_THROW(solve(map, asked(1e-9), mask(), hasty), Cancelled);
    EXPECT_EQ(hasty.heard, sweeps);
  }
}

TEST(Pencil, NamesWhatDoesNotFit) {
  const DenseMap map(matrices());
  const auto message = [&](const at::Tensor& inside, double lambda,
                           int64_t vectors) -> std::string {
    SvdOptions options = asked(1e-3);
    options.vectors = vectors;
    try {
      pencil_vectors(map, inside, lambda, options, SvdProgress::none());
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  for (const double wrong : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_NE(message(mask(), wrong, 1).find("keep_outside: expected a number above 0"),
              std::string::npos);
  }
  EXPECT_NE(message(mask().narrow(0, 0, 7), 1, 1).find("240, found 7"), std::string::npos);
  EXPECT_NE(message(mask(), 1, 151).find("vectors: expected at most 150"), std::string::npos);
}

}  // namespace
}  // namespace hspace::test
