// Guidance against the two passes that it is made of, each alone.

#include "hspace/guided_unet.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "hspace/error.h"
#include "test/golden_case.h"

namespace hspace::test {
namespace {

constexpr double kGuidance = 3.5;
const auto kDouble = at::TensorOptions().dtype(at::kDouble);

Condition row(const Condition& all, int64_t i) {
  const auto one = [i](const at::Tensor& t) { return t.defined() ? t.narrow(0, i, 1) : t; };
  return {one(all.text), one(all.pooled_text), one(all.time_ids), one(all.class_labels)};
}

class GuidedUNetTest : public testing::TestWithParam<std::tuple<const char*, InjectionPoint>> {
 protected:
  GuidedUNetTest()
      : golden(std::get<0>(GetParam())),
        point(std::get<1>(GetParam())),
        unet(golden.directory, at::kDouble, at::kCPU),
        prompt(row(golden.condition(), 0)),
        negative(row(golden.condition(), 1)),
        guided(unet, {prompt, negative}, kGuidance) {
    at::manual_seed(1);
    const at::Tensor one = golden["x"].narrow(0, 0, 1).to(at::kDouble);
    x = at::cat({one, one.flip({3}), -one});
    t = at::tensor({40, 500, 900}, at::kLong);
    bottleneck = guided.encode(x, t, point);
    delta = at::randn(guided.h(bottleneck).sizes(), kDouble);
  }

  // ε of one pass alone.
  at::Tensor epsilon(const Condition& condition, const at::Tensor& delta_h) const {
    return unet.decode(unet.encode(x, t, point, condition), delta_h);
  }
  at::Tensor combined(const at::Tensor& with_prompt, const at::Tensor& with_negative) const {
    return kGuidance * with_prompt + (1 - kGuidance) * with_negative;
  }

  GoldenCase golden;
  InjectionPoint point;
  UNet unet;
  Condition prompt, negative;
  GuidedUNet guided;
  at::Tensor x, t, delta;
  Bottleneck bottleneck;
};

TEST_P(GuidedUNetTest, EpsilonIsMadeOfTwoPasses) {
  EXPECT_LT(relative_difference(guided.decode(bottleneck),
                                combined(epsilon(prompt, {}), epsilon(negative, {}))),
            1e-12);
  EXPECT_LT(relative_difference(guided.h(bottleneck), unet.encode(x, t, point, prompt).h), 1e-12);
  EXPECT_EQ(guided.samples(bottleneck), 3);
}

TEST_P(GuidedUNetTest, DeltaGoesIntoTheChosenPasses) {
  const at::Tensor p0 = epsilon(prompt, {}), p1 = epsilon(prompt, delta);
  const at::Tensor n0 = epsilon(negative, {}), n1 = epsilon(negative, delta);
  const auto decoded = [&](InjectInto into) { return guided.decode(bottleneck, delta, into); };
  EXPECT_LT(relative_difference(decoded(InjectInto::kBoth), combined(p1, n1)), 1e-12);
  EXPECT_LT(relative_difference(decoded(InjectInto::kPrompt), combined(p1, n0)), 1e-12);
  EXPECT_LT(relative_difference(decoded(InjectInto::kNegative), combined(p0, n1)), 1e-12);
}

TEST_P(GuidedUNetTest, DerivativeIsThatOfTheGuidedEpsilon) {
  constexpr double kStep = 1e-5;
  const at::Tensor rows = at::tensor({2, 0, 1}, at::kLong);
  for (const auto into : {InjectInto::kBoth, InjectInto::kPrompt, InjectInto::kNegative}) {
    SCOPED_TRACE(inject_into_name(into));
    const GuidedLinearized map(guided, bottleneck, into);
    EXPECT_EQ(map.batch(), 3);
    const at::Tensor differences = (guided.decode(bottleneck, kStep * delta, into) -
                                    guided.decode(bottleneck, -kStep * delta, into)) /
                                   (2 * kStep);
    const at::Tensor products = map.jvp(delta.index_select(0, rows), rows);
    EXPECT_LT(relative_difference(products, differences.index_select(0, rows)), 1e-6);
    const at::Tensor u = at::randn(products.sizes(), kDouble);
    const at::Tensor back = map.vjp(u, rows);
    const at::Tensor left = (u * products).sum({1, 2, 3});
    const at::Tensor right = (back * delta.index_select(0, rows)).sum({1, 2, 3});
    EXPECT_LT(relative_difference(left, right), 1e-10);
  }
}

TEST_P(GuidedUNetTest, OneSampleServesManyDeltas) {
  const GuidedUNet one(unet, {prompt, negative}, kGuidance);
  const Bottleneck single = one.encode(x.narrow(0, 1, 1), t.narrow(0, 1, 1), point);
  const at::Tensor found = one.decode(one.expand(single, 3), delta);
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_LT(relative_difference(found.narrow(0, i, 1), one.decode(single, delta.narrow(0, i, 1))),
              1e-12);
  }
}

TEST_P(GuidedUNetTest, WithoutGuidanceItIsTheNetwork) {
  const GuidedUNet plain(unet, {prompt});
  const Bottleneck expected = unet.encode(x, t, point, prompt);
  EXPECT_TRUE(plain.decode(plain.encode(x, t, point), delta, InjectInto::kNegative)
                  .equal(unet.decode(expected, delta)));
  EXPECT_THROW(GuidedUNet(unet, {prompt}, 2), Error);
}

INSTANTIATE_TEST_SUITE_P(Models, GuidedUNetTest,
                         testing::Combine(testing::Values("sd1", "sd2", "sdxl"),
                                          testing::ValuesIn(kPoints)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param)) + "_" +
                                  point_name(std::get<1>(info.param));
                         });

TEST(InjectIntoTest, NamesAreReadBack) {
  for (const auto into : {InjectInto::kBoth, InjectInto::kPrompt, InjectInto::kNegative})
    EXPECT_EQ(parse_inject_into(inject_into_name(into)), into);
  EXPECT_THROW(parse_inject_into("all"), Error);
}

}  // namespace
}  // namespace hspace::test
