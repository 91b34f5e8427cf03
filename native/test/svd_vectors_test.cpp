// What the solvers do with batches of vectors.
#include "linalg/vectors.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "test/rounding.h"

namespace hspace::test {
namespace {

// Bits, by an implementation of std::seed_seq and std::mt19937_64 written after the standard's text
// in another language (checked by its 10,000th number, [rand.predef]).
TEST(RandomVector, IsTheSameOnEveryMachine) {
  const auto first = [](const Draw& draw) {
    const at::Tensor drawn = random_vector(draw, 3, at::kDouble);
    EXPECT_TRUE(drawn.sizes().equals({1, 3}));
    return std::vector<double>(drawn.const_data_ptr<double>(), drawn.const_data_ptr<double>() + 3);
  };
  EXPECT_EQ(first({0, 0, 0}), (std::vector<double>{0x1.7b60824af9882p-1, 0x1.db961af6d2d9cp-1,
                                                   -0x1.f684b9584092cp-2}));
  EXPECT_EQ(first({-1, 5, 1}), (std::vector<double>{-0x1.69b356db39816p-1, 0x1.3d57437590dap-4,
                                                    -0x1.920b86d544460p-1}));
  EXPECT_EQ(first({7, 3, 0}), (std::vector<double>{-0x1.c7d6a071fd3f8p-1, -0x1.390a6dc65e2p-8,
                                                   -0x1.aeffe808434b8p-3}));
  // Beyond the generator's state of 312 numbers.
  EXPECT_EQ(random_vector({7, 3, 0}, 401, at::kDouble)[0][400].item<double>(),
            0x1.8c750e70a70e2p-1);
  EXPECT_TRUE(random_vector({7, 3, 0}, 5, at::kFloat)
                  .equal(random_vector({7, 3, 0}, 5, at::kDouble).to(at::kFloat)));
}

TEST(RandomVector, IsUniform) {
  const at::Tensor drawn = random_vector({1, 2, 3}, 100'000, at::kDouble);
  EXPECT_GE(drawn.min().item<double>(), -1);
  EXPECT_LT(drawn.max().item<double>(), 1);
  EXPECT_LT(std::abs(drawn.mean().item<double>()), 0.01);             // σ: .0018
  EXPECT_NEAR(drawn.square().mean().item<double>(), 1.0 / 3, 0.005);  // σ: .0009
}

TEST(Vectors, SignsAreThoseOfTheLargestEntryOfV) {
  at::Tensor v = at::tensor({1., -3., 2., 3., -1., 2., -2., 2., 1., -0.5, -0.5, 0.}).view({4, 3});
  at::Tensor u = at::tensor({1., 2., 3., 4., 5., 6., 7., 8.}).view({4, 2});
  fix_signs(u, v);
  // Ties go by the first: the third row begins with -2, which 2 equals in magnitude.
  EXPECT_TRUE(
      v.equal(at::tensor({-1., 3., -2., 3., -1., 2., 2., -2., -1., 0.5, 0.5, 0.}).view({4, 3})));
  EXPECT_TRUE(u.equal(at::tensor({-1., -2., 3., 4., -5., -6., -7., -8.}).view({4, 2})));
}

TEST(Vectors, OrthogonalizeLeavesNothingAlongTheBasis) {
  at::manual_seed(1);
  const at::Tensor basis = std::get<0>(at::linalg_qr(at::randn({2, 50, 7}, at::kDouble)))
                               .transpose(1, 2)
                               .contiguous();  // (2, 7, 50)
  // Nearly inside the basis, where one pass of Gram-Schmidt would not do.
  const at::Tensor along = at::randn({2, 7}, at::kDouble);
  const at::Tensor outside = at::randn({2, 50}, at::kDouble) * 1e-9;
  at::Tensor w = along.unsqueeze(1).matmul(basis).squeeze(1) + outside;
  const at::Tensor before = w.clone();
  const at::Tensor coefficients = orthogonalize(w, basis);
  const at::Tensor cosines = basis.matmul(w.unsqueeze(2)).squeeze(2) / w.norm(2, {1}, true);
  EXPECT_LT(cosines.abs().max().item<double>(), rounding_float64(50, 1));
  const at::Tensor sum = w + coefficients.unsqueeze(1).matmul(basis).squeeze(1);
  EXPECT_LT((sum - before).abs().max().item<double>(), rounding_float64(50, 10));
}

TEST(Vectors, OrthonormalRowsKeepTheirDirection) {
  at::manual_seed(2);
  const at::Tensor t = -at::eye(3, 20, at::kDouble) + 1e-3 * at::randn({3, 20}, at::kDouble);
  const at::Tensor rows = orthonormal(t);
  EXPECT_LT(orthogonality(rows), rounding_float64(20, 1));
  EXPECT_GT((rows * t).sum(1).min().item<double>(), 0.9);
  EXPECT_NEAR(orthogonality(2 * rows), 3, 1e-12);
}

}  // namespace
}  // namespace hspace::test
