#include "pipeline/noise.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

constexpr std::array<int64_t, 3> kShape = {1, 16, 16};

TEST(Noise, EachSeedAndPurposeHasItsOwnStream) {
  const Noise noise(kShape);
  const at::Tensor rows =
      at::cat({noise.x_T(0), noise.x_T(1), noise.z(0, 1), noise.z(1, 1), noise.inversion(0, 1),
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
  const Noise noise(kShape);
  EXPECT_TRUE(noise.x_T(5).equal(noise.x_T(5)));
  EXPECT_EQ(noise.x_T(5).sizes(), at::IntArrayRef({1, 1, 16, 16}));
  EXPECT_TRUE(noise.z(5, 3).narrow(0, 0, 2).equal(noise.z(5, 2)));
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
  const Noise noise({3, 16, 16}, /*reference=*/true);
  const at::Tensor x_T = golden_tensor("sampling.safetensors", "x_T");  // (3, 3, 16, 16)
  const at::Tensor z = golden_tensor("sampling.safetensors", "z");      // (3, 5, 3, 16, 16)
  const int64_t seeds[] = {0, 1, 7};
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_LE((noise.x_T(seeds[i])[0] - x_T[i]).abs().max().item<double>(), 2.5e-5);
    EXPECT_LE((noise.z(seeds[i], 5) - z[i]).abs().max().item<double>(), 2.5e-5);
  }
  EXPECT_TRUE(noise.z(0, 1).equal(noise.x_T(1))) << "the reference's overlap";
  EXPECT_FALSE(noise.inversion(0, 1).equal(noise.x_T(0)));
}

}  // namespace
}  // namespace hspace::test
