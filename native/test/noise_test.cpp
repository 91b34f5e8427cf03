#include "pipeline/noise.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "pipeline/brownian_path.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

constexpr std::array<int64_t, 3> kShape = {1, 16, 16};

const NoiseSchedule& schedule() {
  static const NoiseSchedule made{SchedulerConfig()};
  return made;
}

at::Tensor z(const Noise& noise, int64_t seed, int64_t steps) {
  return noise.z(seed, schedule(), schedule().lattice(steps));
}

// Z of the steps (T, n), as columns of one seed.
at::Tensor brownian(int64_t seed, const Lattice& lattice, int64_t side = 16) {
  return Noise({1, side, side}).z(seed, schedule(), lattice).flatten(1);
}

double snr(double alpha_bar) { return alpha_bar / (1 - alpha_bar); }

TEST(Noise, EachSeedAndPurposeHasItsOwnStream) {
  const Noise noise(kShape);
  const at::Tensor rows = at::cat({noise.x_T(0), noise.x_T(1), z(noise, 0, 2)[0].unsqueeze(0),
                                   z(noise, 1, 2)[0].unsqueeze(0), noise.inversion(0, 1),
                                   noise.x_T(int64_t{1} << 40), noise.x_T(-1)})
                              .flatten(1);  // (7, 256)
  const at::Tensor correlation = rows.matmul(rows.t()) / 256;
  for (int64_t i = 0; i < rows.size(0); ++i) {
    for (int64_t j = 0; j < rows.size(0); ++j) {
      EXPECT_NEAR(correlation[i][j].item<double>(), i == j, .4) << i << " and " << j;
    }
  }
}

TEST(Noise, OfASeedIsTheSameEachTimeAndOfMoreStepsBeginsAlike) {
  const Noise noise(kShape, StepNoise::kSteps);
  EXPECT_TRUE(noise.x_T(5).equal(noise.x_T(5)));
  EXPECT_EQ(noise.x_T(5).sizes(), at::IntArrayRef({1, 1, 16, 16}));
  EXPECT_TRUE(z(noise, 5, 3).narrow(0, 0, 2).equal(z(noise, 5, 2)));
}

// What the process's own generator is at does not matter, and it stays there.
TEST(Noise, LeavesTheHostsGeneratorAlone) {
  at::manual_seed(1);
  const at::Tensor first = Noise(kShape).x_T(3), next = at::randn({4});
  at::manual_seed(1);
  EXPECT_TRUE(at::randn({4}).equal(next));
  EXPECT_TRUE(Noise(kShape).x_T(3).equal(first));
}

// The same numbers of the generator go through Box and Muller's √(-2 ln u) cos 2πv in float32,
// whose functions LibTorch takes from other sources on other processors: a few units of the
// largest, √(48 ln 2) = 5.8.
TEST(Noise, OfReferenceSeedsIsThePythonReferences) {
  const Noise noise({3, 16, 16}, StepNoise::kBrownian, /*reference=*/true);
  const at::Tensor x_T = golden_tensor("sampling.safetensors", "x_T");     // (3, 3, 16, 16)
  const at::Tensor expected = golden_tensor("sampling.safetensors", "z");  // (3, 5, 3, 16, 16)
  const int64_t seeds[] = {0, 1, 7};
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_LE((noise.x_T(seeds[i])[0] - x_T[i]).abs().max().item<double>(), 2.5e-5);
    EXPECT_LE((z(noise, seeds[i], 5) - expected[i]).abs().max().item<double>(), 2.5e-5);
  }
  EXPECT_TRUE(z(noise, 0, 1).equal(noise.x_T(1))) << "the reference's overlap";
  EXPECT_FALSE(noise.inversion(0, 1).equal(noise.x_T(0)));
}

// All steps of the training itself, and each seed: 999 that add noise, to be summed by hand.
TEST(BrownianNoise, OfACoarseStepIsTheWeightedSumOfTheFineOnes) {
  const Lattice fine = schedule().lattice(1000);
  const at::Tensor each = brownian(3, fine).to(at::kDouble);  // (1000, n)
  for (const int64_t steps : {7, 10, 20, 50, 333}) {
    const Lattice coarse = schedule().lattice(steps);
    const at::Tensor found = brownian(3, coarse).to(at::kDouble);  // (steps, n)
    for (int64_t i = 0; i + 1 < steps; ++i) {
      at::Tensor sum = at::zeros({each.size(1)}, at::kDouble);
      for (int64_t t = coarse.timesteps[i]; t > coarse.timesteps[i + 1]; --t) {
        const double weight = snr(schedule().alpha_bar(t - 1)) - snr(schedule().alpha_bar(t));
        sum += std::sqrt(weight) * each[999 - t];
      }
      const double whole = snr(coarse.alpha_bar_previous[i]) - snr(coarse.alpha_bar[i]);
      EXPECT_LT((sum / std::sqrt(whole) - found[i]).abs().max().item<double>(), 1e-4)
          << "step " << i << " of " << steps;
    }
    EXPECT_EQ(found[steps - 1].abs().max().item<double>(), 0) << "the step to the image";
  }
}

// n = 64 x 64 numbers a step: means scatter by 1/64, products too.
TEST(BrownianNoise, OfDisjointStepsIsStandardNormalAndUncorrelated) {
  const int64_t n = 64 * 64;
  for (const int64_t steps : {2, 5, 12, 50}) {
    const at::Tensor z = brownian(11, schedule().lattice(steps), 64).narrow(0, 0, steps - 1);
    const at::Tensor products = z.matmul(z.t()) / n;  // (steps - 1, steps - 1)
    for (int64_t i = 0; i < z.size(0); ++i) {
      EXPECT_NEAR(z[i].mean().item<double>(), 0, .08);
      for (int64_t j = 0; j <= i; ++j) {
        EXPECT_NEAR(products[i][j].item<double>(), i == j, i == j ? .12 : .08)
            << i << " and " << j << " of " << steps;
      }
      // A normal's fourth moment is 3.
      EXPECT_NEAR(z[i].pow(4).mean().item<double>(), 3, .8);
      EXPECT_NEAR(z[i].lt(-1).sum().item<double>() / n, .1587, .03);
    }
  }
}

TEST(BrownianNoise, DoesNotDependOnWhatElseIsAskedFor) {
  const at::Tensor ten = brownian(5, schedule().lattice(10));
  EXPECT_TRUE(brownian(5, schedule().lattice(10)).equal(ten));
  EXPECT_FALSE(brownian(6, schedule().lattice(10)).equal(ten));
  EXPECT_FALSE(brownian(5 + (int64_t{1} << 32), schedule().lattice(10)).equal(ten));
  // The steps from 600 to 300 and to the image, alone and among others.
  const at::Tensor few = brownian(5, schedule().lattice(std::vector<int64_t>{600, 300}));
  const at::Tensor many =
      brownian(5, schedule().lattice(std::vector<int64_t>{999, 700, 600, 300, 1}));
  EXPECT_LT((few[0] - many[2]).abs().max().item<double>(), 1e-5);
}

// Where the last step does not end at the image but at ᾱ_0, noise is added there too.
TEST(BrownianNoise, GoesToTheEndOfTheLastStep) {
  SchedulerConfig config;
  config.set_alpha_to_one = false;
  const NoiseSchedule to_first(config);
  const Noise noise(kShape);
  const at::Tensor last =
      noise.z(1, to_first, to_first.lattice(std::vector<int64_t>{500, 40}))[1].flatten();
  const at::Tensor same =
      noise.z(1, schedule(), schedule().lattice(std::vector<int64_t>{500, 40, 0}))[1].flatten();
  EXPECT_LT((last - same).abs().max().item<double>(), 1e-5);
  EXPECT_EQ(
      noise.z(1, to_first, to_first.lattice(std::vector<int64_t>{0})).abs().max().item<float>(), 0);
}

// The steps at η = 1 towards a predicted x_0 that does not change, in coordinates of the text: what
// 1000 of them make and what 10 make is the same.
TEST(BrownianNoise, StepsTowardsAFixedPredictionAgreeAtAnyNumber) {
  const at::Tensor start = Noise(kShape).x_T(2).flatten().to(at::kDouble);
  const double prediction = .3;
  const auto at_timestep_100 = [&](const Lattice& lattice) {
    const at::Tensor z = brownian(2, lattice).to(at::kDouble);
    at::Tensor x = start;
    for (int64_t i = 0; lattice.timesteps[i] > 100; ++i) {
      const double alpha = lattice.alpha_bar[i], previous = lattice.alpha_bar_previous[i];
      const double sigma = lattice.sigma(i, 1);
      const at::Tensor epsilon = (x - std::sqrt(alpha) * prediction) / std::sqrt(1 - alpha);
      x = std::sqrt(1 - previous - sigma * sigma) * epsilon + std::sqrt(previous) * prediction +
          sigma * z[i];
    }
    return x;
  };
  std::vector<int64_t> all(900);
  std::iota(all.rbegin(), all.rend(), 1);
  const at::Tensor fine = at_timestep_100(schedule().lattice(all));
  const at::Tensor coarse =
      at_timestep_100(schedule().lattice(std::vector<int64_t>{900, 800, 500, 100}));
  EXPECT_LT((fine - coarse).abs().max().item<double>(), 1e-4);
}

// A schedule whose time stands still in parts.
TEST(BrownianPath, NoTimeNoIncrement) {
  const BrownianPath path({0, 1, 1, 1, 2});
  const auto normal = [](int64_t point) { return at::full({1}, 1 + .5 * point); };
  const auto each = path.increments({0, 1, 3, 4}, normal);
  ASSERT_EQ(each.size(), 3u);
  EXPECT_EQ(each[1].item<double>(), 0);
  const auto whole = path.increments({0, 4}, normal);
  EXPECT_NEAR(each[0].item<double>() + each[2].item<double>(),
              std::sqrt(2.) * whole[0].item<double>(), 1e-6);
  EXPECT_TRUE(path.increments({2}, normal).empty());
}

}  // namespace
}  // namespace hspace::test
