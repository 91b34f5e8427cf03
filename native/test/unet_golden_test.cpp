// The U-Net against diffusers, for every configuration of native/test/golden.

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "hspace/error.h"
#include "hspace/unet.h"
#include "kernels/prepacked_conv.h"
#include "test/golden_case.h"

namespace hspace::test {
namespace {

// The predicted noise of a golden output, which may hold a learned variance after it.
at::Tensor noise(const GoldenCase& golden, const std::string& name) {
  return golden[name].narrow(1, 0, golden["x"].size(1));
}

class UNetGolden : public testing::TestWithParam<std::string> {
 protected:
  // ε, h and ε with an injected Δh at each point, against diffusers' float64.
  void expect_parity(at::ScalarType dtype, double tolerance) {
    const GoldenCase golden(GetParam());
    const UNet unet(golden.directory, dtype, at::kCPU, golden.variant);
    for (const InjectionPoint point : kPoints) {
      SCOPED_TRACE(point_name(point));
      const Bottleneck bottleneck = golden.encode(unet, point);
      EXPECT_LE(relative_difference(bottleneck.h, golden["h_" + point_name(point)]), tolerance);
      EXPECT_LE(relative_difference(unet.decode(bottleneck), noise(golden, "eps")), tolerance);
      const at::Tensor edited = unet.decode(bottleneck, golden["delta_" + point_name(point)]);
      EXPECT_LE(relative_difference(edited, noise(golden, "eps_" + point_name(point))), tolerance);
    }
  }
};

TEST_P(UNetGolden, Float64) { expect_parity(at::kDouble, 1e-10); }
TEST_P(UNetGolden, Float32) { expect_parity(at::kFloat, 1e-5); }

// Each of the two rounds in its own order, by up to 1e-5.
TEST_P(UNetGolden, FastPathEqualsReference) {
  const GoldenCase golden(GetParam());
  const UNet unet(golden.directory, at::kFloat, at::kCPU, golden.variant);
  for (const InjectionPoint point : kPoints) {
    SCOPED_TRACE(point_name(point));
    const at::Tensor delta = golden["delta_" + point_name(point)];
    const Bottleneck fast = golden.encode(unet, point);
    const Bottleneck reference =
        unet.reference_encode(golden["x"], golden["t"], point, golden.condition());
    EXPECT_LE(relative_difference(fast.h, reference.h), 2e-5);
    EXPECT_LE(
        relative_difference(unet.decode(fast, delta), unet.reference_decode(reference, delta)),
        2e-5);
  }
}

TEST_P(UNetGolden, BFloat16IsCloseToFloat32) {
  if (!PrepackedConv::supports(at::kBFloat16)) GTEST_SKIP() << "no bfloat16 here";
  const GoldenCase golden(GetParam());
  const UNet unet(golden.directory, at::kBFloat16, at::kCPU, golden.variant);
  const Bottleneck bottleneck = golden.encode(unet, InjectionPoint::kAfter);
  const at::Tensor epsilon = unet.decode(bottleneck, golden["delta_after"]);
  EXPECT_EQ(epsilon.scalar_type(), at::kFloat);
  EXPECT_EQ(bottleneck.h.scalar_type(), at::kFloat);
  const at::Tensor expected = noise(golden, "eps_after");
  const double error = (epsilon - expected).square().mean().sqrt().item<double>();
  const double size = expected.square().mean().sqrt().item<double>();
  EXPECT_LE(error, 0.1 * size);
}

INSTANTIATE_TEST_SUITE_P(Cases, UNetGolden, testing::ValuesIn(golden_case_names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace hspace::test
