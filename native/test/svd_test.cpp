// Both solvers against a dense SVD in double precision.
#include "hspace/svd.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/diag_embed.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "hspace/error.h"
#include "hspace/progress.h"
#include "test/dense_map.h"
#include "test/rounding.h"

namespace hspace::test {
namespace {

constexpr int64_t kRows = 90;
constexpr int64_t kColumns = 60;

using Spectrum = std::vector<double>;

at::Tensor orthonormal_columns(int64_t rows, int64_t columns) {
  return std::get<0>(at::linalg_qr(at::randn({rows, columns}, at::kDouble)));
}

// Matrices (P, m, n) of known singular values, with random singular vectors.
at::Tensor matrices(const std::vector<Spectrum>& spectra) {
  at::manual_seed(10);
  std::vector<at::Tensor> all;
  for (const Spectrum& spectrum : spectra) {
    const auto r = static_cast<int64_t>(spectrum.size());
    all.push_back(orthonormal_columns(kRows, r)
                      .matmul(at::diag_embed(at::tensor(spectrum, at::kDouble)))
                      .matmul(orthonormal_columns(kColumns, r).transpose(0, 1)));
  }
  return at::stack(all);
}

// ratio^0, ratio^1, …
Spectrum geometric(double ratio) {
  Spectrum values(kColumns);
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::pow(ratio, i);
  return values;
}

// The k leading triplets of one matrix: rows u (k, m), s (k), rows v (k, n).
struct Dense {
  Dense(const at::Tensor& matrix, int64_t k) {
    const auto [left, values, right] = at::linalg_svd(matrix, false);
    u = left.transpose(0, 1).narrow(0, 0, k);
    v = right.narrow(0, 0, k);
    s = {values.const_data_ptr<double>(), values.const_data_ptr<double>() + k};
  }
  at::Tensor u, v;
  std::vector<double> s;
};

// Largest sine of the angles between the spans of two orthonormal sets of rows (k, n).
double sine(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor outside = a - a.matmul(b.transpose(0, 1)).matmul(b);
  return std::get<1>(at::linalg_svd(outside)).max().item<double>();
}

void expect_near(const std::vector<double>& found, const std::vector<double>& expected,
                 double bound) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], bound) << i;
}

bool all_converged(const Svd& svd) {
  return std::find(svd.converged.begin(), svd.converged.end(), false) == svd.converged.end();
}

double largest_residual(const Svd& svd) {
  return *std::max_element(svd.residuals.begin(), svd.residuals.end());
}

// ‖Aᵀu - sv‖ / s and ‖Av - su‖ / s of each triplet, by the matrix itself.
struct TrueResiduals {
  TrueResiduals(const at::Tensor& matrix, const Svd& svd) {
    const at::Tensor u = svd.u.to(at::kDouble), v = svd.v.to(at::kDouble);
    const at::Tensor s = at::tensor(svd.s, at::kDouble).unsqueeze(1);
    back = (u.matmul(matrix) - s * v).norm(2, {1}) / s.squeeze(1);
    forth = (v.matmul(matrix.transpose(0, 1)) - s * u).norm(2, {1}) / s.squeeze(1);
  }
  at::Tensor back, forth;  // (k)
};

SvdOptions asked(int64_t vectors, double tolerance, int64_t max_products, int64_t basis = 0) {
  SvdOptions options;
  options.vectors = vectors;
  options.tolerance = tolerance;
  options.max_products = max_products;
  options.basis = basis;
  return options;
}

class BothSolvers : public testing::TestWithParam<SvdSolver> {
 protected:
  static SvdOptions asked(int64_t vectors, double tolerance, int64_t max_products) {
    SvdOptions options = test::asked(vectors, tolerance, max_products);
    options.solver = GetParam();
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(Svd, BothSolvers,
                         testing::Values(SvdSolver::kGolubKahan, SvdSolver::kBlockPower),
                         [](const auto& info) {
                           return info.param == SvdSolver::kGolubKahan ? "golub_kahan"
                                                                       : "block_power";
                         });

TEST_P(BothSolvers, FindTheLeadingTripletsOfEveryProblem) {
  const at::Tensor dense = matrices({geometric(0.8), geometric(0.9), geometric(0.7)});
  const std::vector<Svd> found = singular_vectors(DenseMap(dense), asked(4, 1e-9, 10'000));
  ASSERT_EQ(found.size(), 3u);
  for (int64_t p = 0; p < 3; ++p) {
    SCOPED_TRACE(p);
    const Svd& svd = found[p];
    const Dense oracle(dense[p], 4);
    expect_near(svd.s, oracle.s, 1e-9);
    EXPECT_LT(sine(svd.v, oracle.v), 1e-7);
    EXPECT_LT(sine(svd.u, oracle.u), 1e-7);
    // Vectors of up to 90 entries of a basis that grew for so many products.
    EXPECT_LT(svd.orthogonality, rounding_float64(kRows * svd.products, 1));
    EXPECT_TRUE(all_converged(svd));
  }
}

TEST_P(BothSolvers, ReportTheTrueResiduals) {
  const at::Tensor dense = matrices({geometric(0.97), geometric(0.95), geometric(0.9)});
  const std::vector<Svd> found = singular_vectors(DenseMap(dense), asked(3, 1e-3, 10'000));
  for (int64_t p = 0; p < 3; ++p) {
    const TrueResiduals residuals(dense[p], found[p]);
    for (int64_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(found[p].residuals[i], residuals.back[i].item<double>(), 1e-9);
    }
    EXPECT_LT(residuals.forth.max().item<double>(), 1e-9);
    EXPECT_LE(residuals.back.max().item<double>(), 1e-3);
  }
}

TEST_P(BothSolvers, MakeTheLargestEntryOfEachRightVectorPositive) {
  const at::Tensor dense = matrices({geometric(0.8), geometric(0.7)});
  for (int64_t seed = 0; seed < 4; ++seed) {
    SvdOptions options = asked(4, 1e-9, 10'000);
    options.seed = seed;
    const std::vector<Svd> found = singular_vectors(DenseMap(dense), options);
    for (int64_t p = 0; p < 2; ++p) {
      const at::Tensor largest = found[p].v.gather(1, found[p].v.abs().argmax(1, true));
      EXPECT_GT(largest.min().item<double>(), 0);
      // Not turned alone: A v = s u.
      EXPECT_LT(TrueResiduals(dense[p], found[p]).forth.max().item<double>(), 1e-9);
    }
  }
}

// A vector's sign and whatever else is not determined by A v = s u does not depend on the start.
TEST_P(BothSolvers, FindTheSameVectorsFromEverySeed) {
  const at::Tensor dense = matrices({geometric(0.7)});
  SvdOptions options = asked(3, 1e-9, 10'000);
  const Svd first = singular_vectors(DenseMap(dense), options)[0];
  options.seed = -12345678901;
  const Svd second = singular_vectors(DenseMap(dense), options)[0];
  EXPECT_FALSE(first.v.equal(second.v));
  // Within their residuals over the smallest gap, .7^2 - .7^3 = .147.
  EXPECT_LT((first.v - second.v).norm(2, {1}).max().item<double>(), 4 * 1e-9 / 0.147);
  EXPECT_LT((first.u - second.u).norm(2, {1}).max().item<double>(), 4 * 1e-9 / 0.147);
}

TEST_P(BothSolvers, AreReproducible) {
  const DenseMap map(matrices({geometric(0.9), geometric(0.8)}));
  const std::vector<Svd> once = singular_vectors(map, asked(2, 1e-6, 10'000));
  const std::vector<Svd> again = singular_vectors(map, asked(2, 1e-6, 10'000));
  for (size_t p = 0; p < 2; ++p) {
    EXPECT_TRUE(once[p].v.equal(again[p].v));
    EXPECT_TRUE(once[p].u.equal(again[p].u));
    EXPECT_EQ(once[p].s, again[p].s);
  }
}

TEST_P(BothSolvers, SayWhichVectorsDidNotConverge) {
  Spectrum flat(kColumns);
  for (size_t i = 0; i < flat.size(); ++i) flat[i] = 1 - 1e-4 * static_cast<double>(i);
  const Svd svd = singular_vectors(DenseMap(matrices({flat})), asked(3, 1e-12, 9))[0];
  EXPECT_FALSE(all_converged(svd));
  EXPECT_LE(svd.products, 9);
  EXPECT_GT(largest_residual(svd), 1e-12);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(svd.converged[i], svd.residuals[i] <= 1e-12);
}

TEST_P(BothSolvers, NameTheProblemWhoseProductIsNotFinite) {
  for (const double wrong : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    at::Tensor dense = matrices({geometric(0.8), geometric(0.9)});
    dense[1][3][5] = wrong;
    try {
      singular_vectors(DenseMap(dense), asked(2, 1e-6, 100));
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "hspace: problem 1: a product with the map is not finite");
    }
  }
}

class Listener : public SvdProgress {
 public:
  explicit Listener(int64_t sweeps) : sweeps_(sweeps) {}
  bool sweep(int64_t active, int64_t pairs, double worst) override {
    EXPECT_GE(last_active, active);
    EXPECT_GT(pairs, last_pairs);
    EXPECT_GE(worst, 0);
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

TEST_P(BothSolvers, TellOfEverySweepAndCanBeCancelled) {
  const DenseMap map(matrices({geometric(0.8), geometric(0.9)}));
  Listener patient(1'000'000);
  int64_t pairs = 0;
  for (const Svd& svd : singular_vectors(map, asked(2, 1e-6, 10'000), patient)) {
    pairs += svd.products;
  }
  EXPECT_EQ(patient.last_active, 0);
  EXPECT_EQ(patient.last_pairs, pairs);
  EXPECT_EQ(2 * pairs, map.applied());
  Listener hasty(3);
  EXPECT_THROW(singular_vectors(map, asked(2, 1e-6, 10'000), hasty), Cancelled);
  EXPECT_EQ(hasty.heard, 3);
}

TEST_P(BothSolvers, RefuseMoreVectorsThanThereAre) {
  const DenseMap map(matrices({geometric(0.9)}).narrow(1, 0, 7).narrow(2, 0, 5));
  EXPECT_NO_THROW(singular_vectors(map, asked(5, 1e-6, 500)));
  try {
    singular_vectors(map, asked(6, 1e-6, 500));
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("vectors: expected at most 5"), std::string::npos);
  }
}

TEST(GolubKahan, RestartsReachTheSameAnswerInABoundedBasis) {
  Spectrum close(kColumns);  // .0400 .0368 .0351 .0339 …: a denoiser's spectrum
  for (size_t i = 0; i < close.size(); ++i) {
    close[i] = 0.04 * std::pow(static_cast<double>(i + 1), -0.12);
  }
  const at::Tensor dense = matrices({close, close, close});
  const DenseMap map(dense);
  const std::vector<Svd> found = singular_vectors(map, asked(3, 1e-10, 5'000, 12));
  int64_t pairs = 0;
  for (int64_t p = 0; p < 3; ++p) {
    const Dense oracle(dense[p], 3);
    EXPECT_GT(found[p].products, 12) << "a restart took place";
    expect_near(found[p].s, oracle.s, 1e-10);
    EXPECT_LT(sine(found[p].v, oracle.v), 1e-7);
    EXPECT_LT(TrueResiduals(dense[p], found[p]).back.max().item<double>(), 1.01e-10);
    pairs += found[p].products;
  }
  EXPECT_EQ(2 * pairs, map.applied()) << "every product is counted";
}

// Values that lie closer together than anything but the tolerance are told apart.
TEST(GolubKahan, ResolvesClusters) {
  Spectrum clustered = geometric(0.8);
  clustered[0] = 1;
  clustered[1] = 1 - 1e-6;
  clustered[2] = 1 - 2e-6;
  clustered[3] = 0.9;
  clustered[4] = 0.9 - 1e-5;
  const at::Tensor dense = matrices({clustered});
  for (const int64_t basis : {0, 8}) {
    SCOPED_TRACE(basis);
    const Svd svd = singular_vectors(DenseMap(dense), asked(5, 1e-10, 5'000, basis))[0];
    expect_near(svd.s, {1, 1 - 1e-6, 1 - 2e-6, 0.9, 0.9 - 1e-5}, 1e-12);
    const Dense oracle(dense[0], 5);
    // Each vector of its own: the residual over the gap, 1e-10 / 1e-6.
    const at::Tensor cosines = (svd.v * oracle.v).sum(1).abs();
    EXPECT_GT(cosines.min().item<double>(), 1 - 1e-7);
    EXPECT_TRUE(all_converged(svd));
  }
}

TEST(GolubKahan, NeedsFewerProductsThanPower) {
  const DenseMap map(matrices({geometric(0.97)}));
  SvdOptions options = asked(3, 1e-3, 10'000);
  const int64_t krylov = singular_vectors(map, options)[0].products;
  options.solver = SvdSolver::kBlockPower;
  const int64_t power = singular_vectors(map, options)[0].products;
  EXPECT_LT(3 * krylov, power);
}

// A problem of a map, under its own number.
class OneOf : public DenseMap {
 public:
  OneOf(const at::Tensor& dense, int64_t problem)
      : DenseMap(dense.narrow(0, problem, 1)), problem_(problem) {}
  int64_t identity(int64_t) const override { return problem_; }

 private:
  int64_t problem_;
};

TEST(GolubKahan, AProblemsAnswerDoesNotDependOnItsBatch) {
  const at::Tensor dense = matrices({geometric(0.8), geometric(0.99), geometric(0.9)});
  const double tolerance = 1e-10;
  for (const int64_t basis : {0, 7}) {
    const SvdOptions options = asked(2, tolerance, 10'000, basis);
    const Svd together = singular_vectors(DenseMap(dense), options)[2];
    const Svd alone = singular_vectors(OneOf(dense, 2), options)[0];
    // Rounding differs between batches, and with it the step at which each stops. Both are within
    // their residuals: singular values within tolerance · σ, vectors within that over the gap.
    expect_near(together.s, alone.s, 2 * tolerance);  // 1, .9, and next comes .81
    EXPECT_LT((together.v - alone.v).norm(2, {1}).max().item<double>(),
              4 * tolerance / (0.9 * 0.1));
    EXPECT_NEAR(static_cast<double>(together.products), static_cast<double>(alone.products), 1);
  }
}

TEST(GolubKahan, AnswersRanksBelowKWithZeroSingularValues) {
  // A mask that leaves two output values.
  const Svd svd = singular_vectors(DenseMap(matrices({{2, 1}})), asked(4, 1e-6, 500))[0];
  const double rounding = rounding_float64(kRows * (svd.products + 4), 2);
  expect_near(svd.s, {2, 1, 0, 0}, rounding);
  EXPECT_LT(svd.orthogonality, rounding);
  EXPECT_TRUE(all_converged(svd));
}

TEST(GolubKahan, AnswersTheZeroMapWithZeros) {
  const Svd svd = singular_vectors(DenseMap(at::zeros({1, kRows, kColumns}, at::kDouble)),
                                   asked(3, 1e-6, 500))[0];
  EXPECT_EQ(svd.s, (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(svd.residuals, (std::vector<double>{0, 0, 0}));
  EXPECT_LT(svd.orthogonality, rounding_float64(kRows, 1));
}

TEST(GolubKahan, FindsTheWholeSpectrumOfASmallMap) {
  const at::Tensor dense = matrices({geometric(0.9)});
  for (const bool wide : {false, true}) {
    const at::Tensor part =
        (wide ? dense.narrow(1, 0, 5).narrow(2, 0, 7) : dense.narrow(1, 0, 7).narrow(2, 0, 5))
            .contiguous();
    const Svd svd = singular_vectors(DenseMap(part), asked(5, 1e-10, 500))[0];
    const Dense oracle(part[0], 5);
    expect_near(svd.s, oracle.s, rounding_float64(7 * 5 * 5, oracle.s[0]) + 1e-10 * 1e-10);
    EXPECT_LT(sine(svd.u, oracle.u), 1e-9);
  }
}

TEST(GolubKahan, MeetsTheToleranceInSinglePrecisionToo) {
  const at::Tensor dense = matrices({geometric(0.98), geometric(0.9), geometric(0.95)});
  const std::vector<Svd> found =
      singular_vectors(DenseMap(dense.to(at::kFloat)), asked(3, 1e-3, 500));
  for (int64_t p = 0; p < 3; ++p) {
    EXPECT_EQ(found[p].v.scalar_type(), at::kFloat);
    EXPECT_LE(TrueResiduals(dense[p], found[p]).back.max().item<double>(), 1.01e-3);
    EXPECT_LT(found[p].orthogonality, 1e-6);
  }
}

TEST(Svd, OptionsNameWhatDoesNotFit) {
  const auto message = [](const SvdOptions& options) -> std::string {
    try {
      options.check();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(asked(1, 1e-3, 1)), "");
  EXPECT_EQ(message(asked(0, 1e-3, 1)), "hspace: vectors: expected at least 1, found 0");
  EXPECT_EQ(message(asked(1, 1e-3, 0)), "hspace: max_products: expected at least 1, found 0");
  EXPECT_EQ(message(asked(3, 1e-3, 9, 5)),
            "hspace: basis: expected 0 or at least vectors + 3 = 6, found 5");
  for (const double wrong : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_NE(message(asked(1, wrong, 1)).find("tolerance: expected a number above 0"),
              std::string::npos);
  }
}

// Returns one row too few.
class ShortMap : public DenseMap {
 public:
  using DenseMap::DenseMap;
  at::Tensor apply(const at::Tensor& v, const std::vector<int64_t>& problem) const override {
    return DenseMap::apply(v, problem).narrow(0, 1, v.size(0) - 1);
  }
};

TEST(Svd, MapsThatBreakTheirPromiseAreNamed) {
  const at::Tensor dense = matrices({geometric(0.8), geometric(0.9)});
  try {
    singular_vectors(ShortMap(dense), asked(2, 1e-6, 500));
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("A v: expected 2 rows of 90 numbers"),
              std::string::npos)
        << error.what();
  }
  EXPECT_THROW(singular_vectors(DenseMap(dense.to(at::kHalf)), asked(2, 1e-3, 500)), Error);
}

// A host's gradients are neither recorded nor switched off behind its back.
TEST(Svd, LeavesAutogradAlone) {
  const at::Tensor dense = matrices({geometric(0.8)}).requires_grad_(true);
  const Svd svd = singular_vectors(DenseMap(dense), asked(2, 1e-6, 500))[0];
  EXPECT_FALSE(svd.v.requires_grad());
  EXPECT_TRUE(dense.mul(2).requires_grad());
}

}  // namespace
}  // namespace hspace::test
