// The linearised decoder against LibTorch's forward and reverse mode, for every configuration of
// native/test/golden, every injection point, with and without a mask.

#include "hspace/linearized.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "hspace/error.h"
#include "kernels/prepacked_conv.h"
#include "layers/pieces.h"
#include "test/golden_case.h"

namespace hspace::test {
namespace {

const auto kDouble = at::TensorOptions().dtype(at::kDouble);

// A model at three points on as many trajectories, with tangents and cotangents of all of them.
struct Fixture {
  Fixture(const GoldenCase& golden, at::ScalarType dtype, InjectionPoint point)
      : unet(golden.directory, dtype, at::kCPU, golden.variant) {
    at::manual_seed(1);
    const at::Tensor x = golden["x"].narrow(0, 0, 1).to(at::kDouble);
    const at::Tensor t = golden["t"].reshape({-1}).narrow(0, 0, 1).to(at::kDouble);
    // A timestep for every row, and a condition: one text for all in front of the mid block.
    Condition condition = golden.condition();
    for (at::Tensor* part :
         {&condition.text, &condition.pooled_text, &condition.time_ids, &condition.class_labels}) {
      if (part->defined()) *part = part->index_select(0, at::tensor({0, 1, 0}, at::kLong));
    }
    if (condition.text.defined() && point == InjectionPoint::kBefore)
      condition.text = condition.text.narrow(0, 1, 1);
    bottleneck = unet.encode(at::cat({x, x.flip({3}), -x}), at::cat({t, t + 7, t * 0.5 + 1}), point,
                             condition);
    Bottleneck first = bottleneck.rows(0, 1);
    const at::Tensor epsilon = unet.decode(first);
    epsilon_shape = epsilon.sizes().vec();
  }

  at::Tensor tangents(int64_t n) const {
    std::vector<int64_t> shape = bottleneck.h.sizes().vec();
    shape[0] = n;
    return at::randn(shape, kDouble);
  }
  at::Tensor cotangents(int64_t n) const {
    std::vector<int64_t> shape = epsilon_shape;
    shape[0] = n;
    return at::randn(shape, kDouble);
  }
  at::Tensor mask(int64_t rows) const {
    return at::rand({rows, 1, epsilon_shape[2], epsilon_shape[3]}, kDouble).gt(0.4);
  }

  UNet unet;
  Bottleneck bottleneck;
  std::vector<int64_t> epsilon_shape;
};

const at::Tensor kRows = at::tensor({2, 0, 1, 0, 2, 2, 1}, at::kLong);

// One tangent after the other, each at its row, by LibTorch.
at::Tensor oracle_jvp(const Fixture& fixture, const at::Tensor& v) {
  std::vector<at::Tensor> results;
  for (int64_t i = 0; i < v.size(0); ++i) {
    results.push_back(fixture.unet.autograd_jvp(
        fixture.bottleneck.rows(kRows[i].item<int64_t>(), 1), v.narrow(0, i, 1)));
  }
  return at::cat(results);
}

at::Tensor oracle_vjp(const Fixture& fixture, const at::Tensor& u) {
  std::vector<at::Tensor> results;
  for (int64_t i = 0; i < u.size(0); ++i) {
    results.push_back(fixture.unet.autograd_vjp(
        fixture.bottleneck.rows(kRows[i].item<int64_t>(), 1), u.narrow(0, i, 1)));
  }
  return at::cat(results);
}

// x (n, C, H, W) times the mask of its row, if there is a mask.
at::Tensor masked(const at::Tensor& x, const at::Tensor& mask) {
  if (!mask.defined()) return x;
  return x * (mask.size(0) == 1 ? mask : mask.index_select(0, kRows));
}

class Linearized : public testing::TestWithParam<std::string> {};

TEST_P(Linearized, EqualsAutogradInFloat64) {
  const GoldenCase golden(GetParam());
  for (const InjectionPoint point : kPoints) {
    SCOPED_TRACE(point_name(point));
    const Fixture fixture(golden, at::kDouble, point);
    const at::Tensor v = fixture.tangents(kRows.size(0));
    const at::Tensor u = fixture.cotangents(kRows.size(0));
    const at::Tensor epsilon_change = oracle_jvp(fixture, v);
    // No mask, one for all rows, one for each.
    for (const at::Tensor& mask : {at::Tensor(), fixture.mask(1), fixture.mask(3)}) {
      const LinearizedDecoder decoder(fixture.unet, fixture.bottleneck, mask);
      EXPECT_EQ(decoder.batch(), 3);
      const at::Tensor jvp = decoder.jvp(v, kRows);
      const at::Tensor vjp = decoder.vjp(u, kRows);
      EXPECT_TRUE(jvp.is_contiguous());
      EXPECT_TRUE(vjp.is_contiguous());
      EXPECT_LE(relative_difference(jvp, masked(epsilon_change, mask)), 1e-10);
      EXPECT_LE(relative_difference(vjp, oracle_vjp(fixture, masked(u, mask))), 1e-10);
      // <J v, u> = <v, J^T u>, tangent by tangent.
      const at::Tensor gap = (jvp * u).sum({1, 2, 3}) - (v * vjp).sum({1, 2, 3});
      EXPECT_LE(gap.abs().max().item<double>(), 1e-11 * (jvp.norm() * u.norm()).item<double>());
    }
  }
}

TEST_P(Linearized, EqualsCentralDifferences) {
  const GoldenCase golden(GetParam());
  for (const InjectionPoint point : kPoints) {
    SCOPED_TRACE(point_name(point));
    const Fixture fixture(golden, at::kDouble, point);
    const LinearizedDecoder decoder(fixture.unet, fixture.bottleneck);
    const at::Tensor v = fixture.tangents(3);
    const double step = 1e-5;
    const at::Tensor difference = (fixture.unet.decode(fixture.bottleneck, step * v) -
                                   fixture.unet.decode(fixture.bottleneck, -step * v)) /
                                  (2 * step);
    const at::Tensor rows = at::tensor({0, 1, 2}, at::kLong);
    EXPECT_LE(relative_difference(decoder.jvp(v, rows), difference), 1e-6);
  }
}

// Random layers of a few channels amplify rounding, those of text models a hundredfold: LibTorch's
// own float32 derivative of them is off by 6e-5.
TEST_P(Linearized, Float32IsCloseToFloat64) {
  const GoldenCase golden(GetParam());
  const double bound = golden.condition().text.defined() ? 2e-3 : 1e-4;
  for (const InjectionPoint point : kPoints) {
    SCOPED_TRACE(point_name(point));
    const Fixture wide(golden, at::kDouble, point);
    const Fixture narrow(golden, at::kFloat, point);
    const at::Tensor v = wide.tangents(kRows.size(0));
    const at::Tensor u = wide.cotangents(kRows.size(0));
    const LinearizedDecoder expected(wide.unet, wide.bottleneck);
    const LinearizedDecoder decoder(narrow.unet, narrow.bottleneck);
    EXPECT_LE(relative_difference(decoder.jvp(v, kRows), expected.jvp(v, kRows)), bound);
    EXPECT_LE(relative_difference(decoder.vjp(u, kRows), expected.vjp(u, kRows)), bound);
    EXPECT_EQ(decoder.jvp(v, kRows).scalar_type(), at::kFloat);
    EXPECT_EQ(2 * decoder.bytes(), expected.bytes());
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Linearized, testing::ValuesIn(golden_case_names()),
                         [](const auto& info) { return info.param; });

TEST(LinearizedDecoder, TangentsDoNotDependOnTheirBatch) {
  const Fixture fixture(GoldenCase("cifar10"), at::kDouble, InjectionPoint::kBefore);
  const LinearizedDecoder decoder(fixture.unet, fixture.bottleneck);
  const at::Tensor v = fixture.tangents(7);
  const at::Tensor u = fixture.cotangents(7);
  const at::Tensor jvp = decoder.jvp(v, kRows);
  const at::Tensor vjp = decoder.vjp(u, kRows);
  for (int64_t i = 0; i < 7; ++i) {
    const at::Tensor row = kRows.narrow(0, i, 1);
    EXPECT_LE(relative_difference(decoder.jvp(v.narrow(0, i, 1), row), jvp.narrow(0, i, 1)), 1e-13);
    EXPECT_LE(relative_difference(decoder.vjp(u.narrow(0, i, 1), row), vjp.narrow(0, i, 1)), 1e-13);
  }
}

TEST(LinearizedDecoder, OneRecordedRowServesEveryTangent) {
  const Fixture fixture(GoldenCase("sdxl"), at::kDouble, InjectionPoint::kBefore);
  const LinearizedDecoder all(fixture.unet, fixture.bottleneck);
  const LinearizedDecoder one(fixture.unet, fixture.bottleneck.rows(1, 1));
  const at::Tensor v = fixture.tangents(3), u = fixture.cotangents(3);
  const at::Tensor first = at::zeros({3}, at::kLong);
  EXPECT_LE(relative_difference(one.jvp(v, first), all.jvp(v, first + 1)), 1e-13);
  EXPECT_LE(relative_difference(one.vjp(u, first), all.vjp(u, first + 1)), 1e-13);
}

TEST(LinearizedDecoder, CutsLargeBatchesInPieces) {
  Fixture fixture(GoldenCase("cifar10"), at::kFloat, InjectionPoint::kAfter);
  fixture.bottleneck = fixture.unet.encode(at::randn({3, 3, 48, 48}), at::tensor({500}, at::kLong),
                                           InjectionPoint::kAfter);
  fixture.epsilon_shape = {1, 3, 48, 48};
  const LinearizedDecoder decoder(fixture.unet, fixture.bottleneck);
  const int64_t pixels = fixture.epsilon_shape[2] * fixture.epsilon_shape[3];
  const int64_t piece = tangents_a_piece(fixture.unet.config().block_out_channels[0] * pixels * 4);
  const int64_t n = 2 * piece + 1;
  const at::Tensor rows = at::arange(n, at::kLong).remainder(3);
  const at::Tensor v = fixture.tangents(n);
  const at::Tensor u = fixture.cotangents(n);
  const at::Tensor jvp = decoder.jvp(v, rows);
  const at::Tensor vjp = decoder.vjp(u, rows);
  for (const int64_t i : {int64_t{0}, piece - 1, piece, 2 * piece - 1, n - 1}) {
    const at::Tensor row = rows.narrow(0, i, 1);
    EXPECT_LE(relative_difference(decoder.jvp(v.narrow(0, i, 1), row), jvp.narrow(0, i, 1)), 1e-5);
    EXPECT_LE(relative_difference(decoder.vjp(u.narrow(0, i, 1), row), vjp.narrow(0, i, 1)), 1e-5);
  }
}

TEST(LinearizedDecoder, BFloat16ModelIsDifferentiatedInFloat32) {
  if (!PrepackedConv::supports(at::kBFloat16)) GTEST_SKIP() << "no bfloat16 here";
  const GoldenCase golden("celebahq256");
  const Fixture coarse(golden, at::kBFloat16, InjectionPoint::kAfter);
  const LinearizedDecoder decoder(coarse.unet, coarse.bottleneck);
  const at::Tensor v = coarse.tangents(kRows.size(0));
  const at::Tensor u = coarse.cotangents(kRows.size(0));
  const at::Tensor jvp = decoder.jvp(v, kRows);
  EXPECT_EQ(jvp.scalar_type(), at::kFloat);
  const double gap = ((jvp * u).sum() - (v * decoder.vjp(u, kRows)).sum()).abs().item<double>();
  EXPECT_LE(gap, 1e-6 * (jvp.norm() * u.norm()).item<double>());

  // At the same bottleneck only the rounding of the weights, 2^-9 each, stands between the two;
  // this random model amplifies it to some percent.
  Bottleneck same = coarse.bottleneck;
  same.h = same.h.to(at::kDouble);
  same.time = same.time.to(at::kDouble);
  same.timestep = same.timestep.to(at::kDouble);
  for (at::Tensor& skip : same.skips) skip = skip.to(at::kDouble);
  const UNet wide(golden.directory, at::kDouble, at::kCPU);
  const at::Tensor expected = LinearizedDecoder(wide, same).jvp(v, kRows);
  EXPECT_LE(((jvp - expected).norm() / expected.norm()).item<double>(), 0.1);
}

TEST(LinearizedDecoder, OutlivesUNetAndBottleneck) {
  at::Tensor v, before;
  const auto make = [&] {
    const Fixture fixture(GoldenCase("cifar10"), at::kFloat, InjectionPoint::kMiddle);
    LinearizedDecoder decoder(fixture.unet, fixture.bottleneck);
    v = fixture.tangents(7);
    before = decoder.jvp(v, kRows);
    return decoder;
  };
  const LinearizedDecoder decoder = make();
  EXPECT_TRUE(decoder.jvp(v, kRows).equal(before));
}

TEST(LinearizedDecoder, BytesGrowWithRows) {
  const Fixture fixture(GoldenCase("cifar10"), at::kFloat, InjectionPoint::kAfter);
  const LinearizedDecoder one(fixture.unet, fixture.bottleneck.rows(0, 1));
  const LinearizedDecoder three(fixture.unet, fixture.bottleneck);
  EXPECT_EQ(3 * one.bytes(), three.bytes());
  EXPECT_GT(one.bytes(), static_cast<int64_t>(fixture.bottleneck.h.nbytes()));
}

TEST(LinearizedDecoder, TakesAnEmptyBatch) {
  const Fixture fixture(GoldenCase("cifar10"), at::kFloat, InjectionPoint::kAfter);
  const LinearizedDecoder decoder(fixture.unet, fixture.bottleneck);
  const at::Tensor none = at::zeros({0}, at::kLong);
  EXPECT_EQ(decoder.jvp(fixture.tangents(0), none).size(0), 0);
  EXPECT_EQ(decoder.vjp(fixture.cotangents(0), none).size(0), 0);
}

TEST(LinearizedDecoder, NamesWhatDoesNotFit) {
  const Fixture fixture(GoldenCase("cifar10"), at::kFloat, InjectionPoint::kAfter);
  const LinearizedDecoder decoder(fixture.unet, fixture.bottleneck);
  EXPECT_THROW(decoder.jvp(fixture.cotangents(1), at::tensor({0}, at::kLong)), Error);
  EXPECT_THROW(decoder.vjp(fixture.tangents(1), at::tensor({0}, at::kLong)), Error);
  EXPECT_THROW(decoder.jvp(fixture.tangents(2), at::tensor({0}, at::kLong)), Error);
  EXPECT_THROW(decoder.jvp(fixture.tangents(1), at::tensor({0.0}, at::kDouble)), Error);
  EXPECT_THROW(decoder.jvp(fixture.tangents(1), at::tensor({-1}, at::kLong)), Error);
  EXPECT_THROW(LinearizedDecoder(fixture.unet, fixture.bottleneck, fixture.mask(2)), Error);
  try {
    decoder.jvp(fixture.tangents(1), at::tensor({3}, at::kLong));
    FAIL() << "row 3 of 3 was accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("[0, 3)"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace hspace::test
