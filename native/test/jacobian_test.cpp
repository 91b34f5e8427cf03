// Image-specific directions against a dense SVD of the matrix that LibTorch's own forward mode
// gives.
#include "hspace/jacobian.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "hspace/error.h"
#include "test/golden_case.h"
#include "test/rounding.h"

namespace hspace::test {
namespace {

constexpr int64_t kVectors = 3;

// A float64 model and noisy images at three timesteps.
struct Fixture {
  explicit Fixture(const std::string& name, at::ScalarType dtype = at::kDouble)
      : golden(name), unet(golden.directory, dtype, at::kCPU, golden.variant) {
    at::set_num_threads(1);  // its layers are too small for a second one
    at::manual_seed(3);
    std::vector<int64_t> shape = golden["x"].sizes().vec();
    shape[0] = static_cast<int64_t>(timesteps.size());
    x = at::randn(shape, at::kDouble);
  }

  at::Tensor mask() const {
    at::Tensor mask = at::zeros({1, 1, x.size(2), x.size(3)}, at::kDouble);
    mask.narrow(2, 1, x.size(2) / 2).narrow(3, 0, x.size(3) / 2).fill_(1);
    return mask;
  }

  // Jᵀ at one of the timesteps (c·h·w, C, H, W): a tangent for each entry of h.
  at::Tensor dense(int64_t step, InjectionPoint point) const {
    const Bottleneck bottleneck =
        unet.encode(x.narrow(0, step, 1), at::tensor({timesteps[step]}), point);
    std::vector<int64_t> shape = bottleneck.h.sizes().vec();
    shape[0] = bottleneck.h.numel();
    return unet.autograd_jvp(bottleneck, at::eye(shape[0], at::kDouble).view(shape));
  }

  std::vector<Svd> solve(const JacobianOptions& options, InjectionPoint point,
                         Progress& progress = Progress::none()) const {
    return jacobian_singular_vectors(unet, x, timesteps, point, options, progress);
  }

  GoldenCase golden;
  UNet unet;
  std::vector<int64_t> timesteps = {801, 401, 1};
  at::Tensor x;
};

JacobianOptions asked(std::vector<int64_t> steps, at::Tensor mask = {}) {
  JacobianOptions options;
  options.steps = std::move(steps);
  options.mask = std::move(mask);
  options.svd.vectors = kVectors;
  options.svd.tolerance = 1e-9;
  options.svd.max_products = 20'000;
  return options;
}

// Largest sine of the angles between the spans of two orthonormal sets of rows (k, d).
double sine(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor outside = a - a.matmul(b.transpose(0, 1)).matmul(b);
  return std::get<1>(at::linalg_svd(outside)).max().item<double>();
}

// Singular vectors at the one chosen step against those of its dense Jᵀ (c·h·w, C·H·W).
void agrees(const Fixture& fixture, const JacobianOptions& options, InjectionPoint point,
            const at::Tensor& matrix) {
  const auto [right, sigma, left] = at::linalg_svd(matrix, false);  // of Jᵀ: J's right ones first
  const Svd svd = fixture.solve(options, point)[0];
  const double largest = sigma[0].item<double>(), tolerance = options.svd.tolerance;
  for (int64_t i = 0; i < kVectors; ++i) {
    EXPECT_NEAR(svd.s[i], sigma[i].item<double>(), 10 * tolerance * largest);
    EXPECT_TRUE(svd.converged[i]);
  }
  // The spans are as well determined as the gap behind them is wide.
  const double gap = (sigma[kVectors - 1] - sigma[kVectors]).item<double>() / largest;
  ASSERT_GT(gap, 1e3 * tolerance);
  EXPECT_LT(sine(svd.v.flatten(1), right.transpose(0, 1).narrow(0, 0, kVectors)),
            10 * tolerance / gap);
  EXPECT_LT(sine(svd.u.flatten(1), left.narrow(0, 0, kVectors)), 10 * tolerance / gap);
  EXPECT_LT(svd.orthogonality, rounding_float64(fixture.x[0].numel() * svd.products, 1));
}

class Jacobian : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Cases, Jacobian,
                         testing::Values("avatars", "ldm_celebahq", "non_square", "fourier",
                                         "learned_variance", "scale_shift"),
                         [](const auto& info) { return info.param; });

TEST_P(Jacobian, AgreesWithTheDenseSvdMaskedAndNot) {
  const Fixture fixture(GetParam());
  for (const InjectionPoint point : kPoints) {
    const at::Tensor transposed = fixture.dense(1, point);
    for (const at::Tensor& mask : {at::Tensor(), fixture.mask()}) {
      const at::Tensor matrix = (mask.defined() ? transposed * mask : transposed).flatten(1);
      SCOPED_TRACE(point_name(point) + (mask.defined() ? ", masked" : ""));
      agrees(fixture, asked({1}, mask), point, matrix);
    }
  }
}

// The yardstick; slow, so that one model has to do.
TEST(JacobianByPower, AgreesWithTheDenseSvd) {
  const Fixture fixture("ldm_celebahq");
  JacobianOptions options = asked({1}, fixture.mask());
  options.svd.solver = SvdSolver::kBlockPower;
  agrees(fixture, options, InjectionPoint::kAfter,
         (fixture.dense(1, InjectionPoint::kAfter) * options.mask).flatten(1));
}

// Local vectors against the dense pencil JᵀMJ v = θ (JᵀJ + λ s₁²) v.
TEST_P(Jacobian, LocalVectorsAgreeWithTheDensePencil) {
  const Fixture fixture(GetParam());
  const InjectionPoint point = InjectionPoint::kAfter;
  const at::Tensor transposed = fixture.dense(1, point);
  const at::Tensor all = transposed.flatten(1), part = (transposed * fixture.mask()).flatten(1);
  JacobianOptions options = asked({1}, fixture.mask());
  options.keep_outside = 0.1;
  options.svd.tolerance = 1e-6;
  const double largest = std::get<1>(at::linalg_svd(all, false))[0].item<double>();
  const at::Tensor left = part.matmul(part.transpose(0, 1));
  const at::Tensor right = all.matmul(all.transpose(0, 1)) + options.keep_outside * largest *
                                                                 largest *
                                                                 at::eye(all.size(0), at::kDouble);
  const at::Tensor factor = at::linalg_cholesky(right);
  const auto solve = [&](const at::Tensor& t) {
    return at::linalg_solve_triangular(factor, t, false);
  };
  const at::Tensor theta = std::get<0>(at::linalg_eigh(solve(solve(left).transpose(0, 1)))).flip(0);
  const Svd svd = fixture.solve(options, point)[0];
  const at::Tensor v = svd.v.flatten(1);
  const at::Tensor quotients = (v.matmul(left) * v).sum(1) / (v.matmul(right) * v).sum(1);
  EXPECT_LT((quotients - theta.narrow(0, 0, kVectors)).abs().max().item<double>(), 1e-5);
  for (int64_t i = 0; i < kVectors; ++i) {
    EXPECT_TRUE(svd.converged[i]);
    // u is along the whole change J v, not that inside the mask alone.
    const at::Tensor image = v[i].matmul(all);
    EXPECT_NEAR(image.norm().item<double>(), svd.s[i], 1e-9 * largest);
    EXPECT_LT((image - svd.s[i] * svd.u[i].flatten()).norm().item<double>(), 1e-9 * largest);
  }
}

TEST_P(Jacobian, ProductsAreEachOthersTransposes) {
  const Fixture fixture(GetParam());
  for (const at::Tensor& mask : {at::Tensor(), fixture.mask()}) {
    const DenoiserJacobian map(fixture.unet, fixture.x, fixture.timesteps, {0, 1, 2},
                               InjectionPoint::kAfter, mask);
    const auto random = [](std::vector<int64_t> shape) {
      shape.insert(shape.begin(), 4);
      return at::randn(shape, at::kDouble);
    };
    const std::vector<int64_t> problem = {0, 0, 1, 2};
    const at::Tensor v = random(map.domain()), u = random(map.codomain());
    const at::Tensor forth = map.apply(v, problem), back = map.apply_transpose(u, problem);
    const at::Tensor gap = (forth * u).flatten(1).sum(1) - (back * v).flatten(1).sum(1);
    EXPECT_LE(gap.abs().max().item<double>(), 1e-12 * (forth.norm() * u.norm()).item<double>());
    EXPECT_GT(forth.norm().item<double>(), 1e-6) << "the map is not zero";
  }
}

class Listener : public Progress {
 public:
  explicit Listener(int64_t patience = std::numeric_limits<int64_t>::max()) : patience_(patience) {}
  bool update(int64_t done, int64_t total, const char* unit) override {
    EXPECT_GE(done, last);
    EXPECT_LE(done, total);
    EXPECT_STREQ(unit, "steps");
    last = done;
    return ++heard < patience_;
  }
  int64_t last = 0;
  int64_t heard = 0;

 private:
  int64_t patience_;
};

TEST(JacobianInTurns, SmallMemoryLeadsToTheSameVectors) {
  const Fixture fixture("ldm_celebahq");
  JacobianOptions options = asked({});
  Listener roomy;
  const std::vector<Svd> together = fixture.solve(options, InjectionPoint::kAfter, roomy);
  ASSERT_EQ(together.size(), 3u);
  EXPECT_EQ(roomy.last, 3);
  options.memory = 1;
  int64_t least = 0;
  try {
    fixture.solve(options, InjectionPoint::kAfter);
    FAIL() << "one byte was enough";
  } catch (const Error& error) {
    const std::string begin = "hspace: memory: expected at least ";
    ASSERT_EQ(std::string(error.what()).substr(0, begin.size()), begin);
    least = std::stoll(error.what() + begin.size());
  }
  // One timestep a turn; two turns, of two and one.
  for (const int64_t memory : {least, 2 * least}) {
    options.memory = memory;
    Listener tight;
    const std::vector<Svd> in_turns = fixture.solve(options, InjectionPoint::kAfter, tight);
    ASSERT_EQ(in_turns.size(), 3u);
    EXPECT_EQ(tight.last, 3);
    EXPECT_GT(tight.heard, roomy.heard);
    for (size_t i = 0; i < 3; ++i) {
      for (int64_t k = 0; k < kVectors; ++k) {
        // Either stops where its residual is below the tolerance.
        EXPECT_NEAR(in_turns[i].s[k], together[i].s[k], 2e-9 * together[i].s[0]);
        // The same vector, with its sign: it starts from the same vector.
        const double cosine = (in_turns[i].v[k] * together[i].v[k]).sum().item<double>();
        EXPECT_GT(cosine, 1 - 1e-9);
      }
    }
  }
  options.memory = least - 1;
  EXPECT_THROW(fixture.solve(options, InjectionPoint::kAfter), Error);
}

TEST(JacobianInTurns, ChosenStepsComeInAscendingOrderOnce) {
  const Fixture fixture("non_square");
  const std::vector<Svd> all = fixture.solve(asked({}), InjectionPoint::kMiddle);
  const std::vector<Svd> some = fixture.solve(asked({2, 0, 2}), InjectionPoint::kMiddle);
  ASSERT_EQ(some.size(), 2u);
  EXPECT_NEAR(some[0].s[0], all[0].s[0], 2e-9 * all[0].s[0]);
  EXPECT_NEAR(some[1].s[0], all[2].s[0], 2e-9 * all[2].s[0]);
}

TEST(JacobianInTurns, CanBeCancelled) {
  const Fixture fixture("non_square");
  Listener hasty(2);
  EXPECT_THROW(fixture.solve(asked({}), InjectionPoint::kAfter, hasty), Cancelled);
  EXPECT_EQ(hasty.heard, 2);
}

TEST(JacobianInTurns, SolvesInSinglePrecision) {
  const Fixture wide("avatars"), narrow("avatars", at::kFloat);
  JacobianOptions options = asked({});
  options.svd.tolerance = 1e-4;
  const std::vector<Svd> expected = wide.solve(options, InjectionPoint::kAfter);
  const std::vector<Svd> found = narrow.solve(options, InjectionPoint::kAfter);
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].v.scalar_type(), at::kFloat);
    for (int64_t k = 0; k < kVectors; ++k) {
      EXPECT_NEAR(found[i].s[k], expected[i].s[k], 1e-3 * expected[i].s[0]);
    }
  }
}

TEST(JacobianMisfits, AreNamed) {
  const Fixture fixture("ldm_celebahq");  // 8 x 8
  const auto message = [&](const JacobianOptions& options, const at::Tensor& x) -> std::string {
    try {
      jacobian_singular_vectors(fixture.unet, x, fixture.timesteps, InjectionPoint::kAfter,
                                options);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(asked({3}), fixture.x),
            "hspace: timesteps: expected steps from 0 to 2, found 3");
  EXPECT_EQ(message(asked({-1}), fixture.x),
            "hspace: timesteps: expected steps from 0 to 2, found -1");
  EXPECT_EQ(message(asked({0}, at::zeros({1, 1, 4, 8})), fixture.x),
            "hspace: mask: expected 8 x 8 pixels like the model's images, found 8 x 4");
  EXPECT_NE(message(asked({0}, at::zeros({8, 8})), fixture.x).find("found [8, 8]"),
            std::string::npos);
  JacobianOptions local = asked({0});
  local.keep_outside = 0.01;
  EXPECT_EQ(message(local, fixture.x),
            "hspace: keep_outside: expected a mask to keep what is outside of");
  local.mask = at::zeros({1, 1, 4, 8});
  EXPECT_EQ(message(local, fixture.x),
            "hspace: mask: expected 8 x 8 pixels like the model's images, found 8 x 4");
  JacobianOptions many = asked({0});
  many.svd.vectors = 10'000;
  EXPECT_NE(message(many, fixture.x).find("vectors: expected at most"), std::string::npos);
  at::Tensor broken = fixture.x.clone();
  broken[1].fill_(std::nan(""));
  EXPECT_EQ(message(asked({}), broken),
            "hspace: timestep 401: a product with the map is not finite");
  EXPECT_THROW(DenoiserJacobian(fixture.unet, fixture.x, {1, 2}, {0, 1}, InjectionPoint::kAfter),
               Error);
  EXPECT_THROW(DenoiserJacobian(fixture.unet, fixture.x, {1, 2, 3}, {0}, InjectionPoint::kAfter),
               Error);
}

}  // namespace
}  // namespace hspace::test
