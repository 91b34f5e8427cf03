// Properties of the U-Net that need no outside reference.

#include "hspace/unet.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "hspace/error.h"
#include "kernels/prepacked_conv.h"
#include "test/golden_case.h"

namespace hspace::test {
namespace {

UNet open(const GoldenCase& golden, at::ScalarType dtype) {
  return UNet(golden.directory, dtype, at::kCPU, golden.variant);
}

at::Tensor noise(at::IntArrayRef shape, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::TensorOptions(at::kDouble));
}

// What EXPECT_THROW cannot show: the message.
template <typename Function>
std::string error_of(Function f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class Derivative : public testing::TestWithParam<std::string> {
 protected:
  Derivative() : golden(GetParam()), unet(open(golden, at::kDouble)) {}

  Bottleneck row(InjectionPoint point) const { return golden.encode(unet, point).rows(1, 1); }

  GoldenCase golden;
  UNet unet;
};

TEST_P(Derivative, JvpEqualsCentralDifference) {
  for (const InjectionPoint point : kPoints) {
    SCOPED_TRACE(point_name(point));
    const Bottleneck bottleneck = row(point);
    std::vector<int64_t> shape = bottleneck.h.sizes().vec();
    shape[0] = 2;
    const at::Tensor v = noise(shape, 1);
    const at::Tensor jv = unet.autograd_jvp(bottleneck, v);
    constexpr double kStep = 1e-5;
    const at::Tensor forward = unet.decode(bottleneck.expand(2), v * kStep);
    const at::Tensor backward = unet.decode(bottleneck.expand(2), v * -kStep);
    EXPECT_LE(relative_difference((forward - backward) / (2 * kStep), jv), 1e-6);
  }
}

TEST_P(Derivative, JvpAndVjpAreTransposes) {
  for (const InjectionPoint point : kPoints) {
    SCOPED_TRACE(point_name(point));
    const Bottleneck bottleneck = row(point);
    const at::Tensor v = noise(bottleneck.h.sizes(), 2);
    const at::Tensor jv = unet.autograd_jvp(bottleneck, v);
    const at::Tensor u = noise(jv.sizes(), 3);
    const at::Tensor jtu = unet.autograd_vjp(bottleneck, u);
    const double left = (jv * u).sum().item<double>();
    const double right = (v * jtu).sum().item<double>();
    EXPECT_NEAR(left, right, 1e-11 * (jv.norm() * u.norm()).item<double>());
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Derivative, testing::ValuesIn(golden_case_names()),
                         [](const auto& info) { return info.param; });

TEST(UNetDerivative, EqualsDiffusers) {
  int cases = 0;
  for (const std::string& name : golden_case_names()) {
    const GoldenCase golden(name);
    if (!golden.contains("v")) continue;
    ++cases;
    SCOPED_TRACE(name);
    const UNet unet = open(golden, at::kDouble);
    for (const InjectionPoint point : kPoints) {
      SCOPED_TRACE(point_name(point));
      const Bottleneck bottleneck = golden.encode(unet, point);
      std::vector<at::Tensor> jv, jtu;
      for (int64_t row = 0; row < bottleneck.batch(); ++row) {
        jv.push_back(unet.autograd_jvp(bottleneck.rows(row, 1), golden["v"].narrow(0, row, 1)));
        jtu.push_back(unet.autograd_vjp(bottleneck.rows(row, 1), golden["u"].narrow(0, row, 1)));
      }
      EXPECT_LE(relative_difference(at::cat(jv), golden["jvp_" + point_name(point)]), 1e-9);
      EXPECT_LE(relative_difference(at::cat(jtu), golden["vjp_" + point_name(point)]), 1e-9);
    }
  }
  EXPECT_GE(cases, 2);
}

// The row's result must not depend on what else is in the batch: fused kernels cut the work into
// pieces that could cross from one row into the next.
TEST(UNet, RowsAreIndependent) {
  const GoldenCase golden("avatars");
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    const UNet unet = open(golden, dtype);
    const at::Tensor x = noise({5, 3, 32, 48}, 4), t = at::tensor({10, 200, 400, 600, 800});
    for (const InjectionPoint point : kPoints) {
      const Bottleneck all = unet.encode(x, t, point);
      const at::Tensor delta = noise(all.h.sizes(), 5);
      const at::Tensor epsilon = unet.decode(all, delta);
      for (int64_t row = 0; row < 5; ++row) {
        const Bottleneck one = unet.encode(x.narrow(0, row, 1), t.narrow(0, row, 1), point);
        const at::Tensor alone = unet.decode(one, delta.narrow(0, row, 1));
        EXPECT_LE(relative_difference(alone, epsilon.narrow(0, row, 1)), 2e-6);
        const at::Tensor cut = unet.decode(all.rows(row, 1), delta.narrow(0, row, 1));
        EXPECT_LE(relative_difference(cut, epsilon.narrow(0, row, 1)), 2e-6);
      }
    }
  }
}

TEST(UNet, FourierEmbeddingHasNoTimestepZero) {
  const GoldenCase golden("fourier");
  const UNet unet = open(golden, at::kFloat);
  EXPECT_NO_THROW(unet.encode(golden["x"], at::tensor({1}), InjectionPoint::kAfter));
  try {
    unet.encode(golden["x"], at::tensor({0}), InjectionPoint::kAfter);
    FAIL() << "expected an Error";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("timestep 0"), std::string::npos) << e.what();
  }
}

TEST(UNet, OneTimestepServesTheBatch) {
  const GoldenCase golden("scale_shift");
  const UNet unet = open(golden, at::kFloat);
  const at::Tensor x = golden["x"];
  const Bottleneck shared = unet.encode(x, at::tensor({40}), InjectionPoint::kAfter);
  const Bottleneck repeated = unet.encode(x, at::tensor({40, 40}), InjectionPoint::kAfter);
  EXPECT_EQ(shared.time.size(0), 1);
  EXPECT_LE(relative_difference(unet.decode(shared), unet.decode(repeated)), 1e-6);
}

TEST(UNet, OneConditionServesTheBatch) {
  const GoldenCase golden("sdxl");
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    const UNet unet = open(golden, dtype);
    Condition one = golden.condition(), each;
    for (at::Tensor Condition::* part :
         {&Condition::text, &Condition::pooled_text, &Condition::time_ids}) {
      one.*part = (one.*part).narrow(0, 0, 1);
      each.*part = at::cat({one.*part, one.*part});
    }
    const at::Tensor x = golden["x"], t = at::tensor({40});
    const Bottleneck shared = unet.encode(x, t, InjectionPoint::kBefore, one);
    const Bottleneck repeated = unet.encode(x, t, InjectionPoint::kBefore, each);
    EXPECT_EQ(shared.text.size(0), 1);
    EXPECT_EQ(shared.time.size(0), 1);
    EXPECT_LE(relative_difference(shared.h, repeated.h), 1e-5);
    EXPECT_LE(relative_difference(unet.decode(shared), unet.decode(repeated)), 1e-5);
    EXPECT_LE(relative_difference(unet.decode(shared.rows(1, 1)), unet.decode(repeated.rows(1, 1))),
              1e-5);
  }
}

// Each part of the condition counts, in the decoder too as far as it reads it there.
TEST(UNet, EveryPartOfTheConditionCounts) {
  const GoldenCase golden("sdxl");
  const UNet unet = open(golden, at::kDouble);
  const Condition good = golden.condition();
  const Bottleneck own = golden.encode(unet, InjectionPoint::kAfter);
  for (at::Tensor Condition::* part :
       {&Condition::text, &Condition::pooled_text, &Condition::time_ids}) {
    Condition other = good;
    other.*part = other.*part + 1;
    Bottleneck changed = unet.encode(golden["x"], golden["t"], InjectionPoint::kAfter, other);
    EXPECT_GT(relative_difference(changed.h, own.h), 1e-3);
    changed.h = own.h;
    changed.skips = own.skips;
    EXPECT_GT(relative_difference(unet.decode(changed), unet.decode(own)), 1e-3);
  }
}

TEST(UNet, NamesWhatIsWrongWithACondition) {
  const auto error = [](const std::string& name, auto spoil) {
    const GoldenCase golden(name);
    const UNet unet = open(golden, at::kFloat);
    Condition condition = golden.condition();
    spoil(condition);
    return error_of(
        [&] { unet.encode(golden["x"], golden["t"], InjectionPoint::kAfter, condition); });
  };
  const auto expect = [](const std::string& message, const std::string& part) {
    EXPECT_NE(message.find("U-Net condition"), std::string::npos) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect(error("sd1", [](Condition& c) { c.text = at::Tensor(); }),
         "text: expected (1 or 2, tokens, 6)");
  expect(error("sd1", [](Condition& c) { c.text = c.text.narrow(2, 0, 5); }), "of width 6");
  expect(error("sd1", [](Condition& c) { c.text = at::cat({c.text, c.text}); }), "[4, 5, 6]");
  expect(error("sd1", [](Condition& c) { c.text = c.text[0]; }), "[5, 6]");
  expect(error("sd1", [](Condition& c) { c.pooled_text = at::ones({1, 3}); }),
         "takes no pooled text");
  expect(error("sd1", [](Condition& c) { c.class_labels = at::tensor({1}, at::kLong); }),
         "takes no class labels");
  expect(error("cifar10", [](Condition& c) { c.text = at::ones({1, 3, 4}); }), "takes no text");
  expect(error("sdxl", [](Condition& c) { c.pooled_text = at::Tensor(); }),
         "pooled text: expected");
  expect(error("sdxl", [](Condition& c) { c.time_ids = c.time_ids.narrow(1, 0, 5); }),
         "3 numbers of text and 5 sizes");
  expect(error("class_table", [](Condition& c) { c.class_labels = at::Tensor(); }),
         "class labels: expected (1 or 2)");
  expect(error("class_table", [](Condition& c) { c.class_labels.fill_(5); }),
         "expected one of 0 to 4, found 5");
  expect(error("class_table", [](Condition& c) { c.class_labels = c.class_labels.to(at::kFloat); }),
         "expected integers");
}

TEST(UNet, OneEncodingServesSeveralDecodings) {
  const GoldenCase golden("avatars");
  const UNet unet = open(golden, at::kFloat);
  for (const InjectionPoint point : kPoints) {
    const Bottleneck bottleneck = golden.encode(unet, point);
    const at::Tensor first = unet.decode(bottleneck);
    const at::Tensor h = bottleneck.h.clone();
    unet.decode(bottleneck, golden["delta_" + point_name(point)]);
    EXPECT_TRUE(bottleneck.h.equal(h));
    EXPECT_TRUE(unet.decode(bottleneck).equal(first));
    EXPECT_TRUE(unet.decode(bottleneck, h * 0).equal(first));
  }
}

TEST(UNet, OneDeltaServesTheBatch) {
  const GoldenCase golden("cifar10");
  const UNet unet = open(golden, at::kFloat);
  const Bottleneck bottleneck = golden.encode(unet, InjectionPoint::kMiddle);
  const at::Tensor delta = golden["delta_middle"].narrow(0, 0, 1);
  EXPECT_TRUE(
      unet.decode(bottleneck, delta).equal(unet.decode(bottleneck, at::cat({delta, delta}))));
}

TEST(UNet, SaysWhereThereIsNoBFloat16) {
  const GoldenCase golden("cifar10");
  const std::string error = error_of([&] { open(golden, at::kBFloat16); });
  if (PrepackedConv::supports(at::kBFloat16)) {
    EXPECT_EQ(error, "no error");
  } else {
    EXPECT_NE(error.find("bfloat16 needs a processor"), std::string::npos) << error;
  }
}

TEST(UNet, RefusesWhatDoesNotFit) {
  const GoldenCase golden("cifar10");
  const UNet unet = open(golden, at::kFloat);
  const at::Tensor x = golden["x"], t = golden["t"];
  const auto encode = [&](const at::Tensor& x, const at::Tensor& t) {
    return error_of([&] { unet.encode(x, t, InjectionPoint::kAfter); });
  };
  EXPECT_NE(encode(x.narrow(3, 0, x.size(3) - 1), t).find("divisible by"), std::string::npos);
  EXPECT_NE(encode(x.narrow(1, 0, 2), t).find("U-Net input x"), std::string::npos);
  EXPECT_NE(encode(x, at::ones({3})).find("one for each of the 2 rows"), std::string::npos);
  const Bottleneck bottleneck = unet.encode(x, t, InjectionPoint::kAfter);
  EXPECT_NE(error_of([&] { unet.decode(bottleneck, bottleneck.h.narrow(1, 0, 1)); }).find("Δh"),
            std::string::npos);
  EXPECT_NE(error_of([&] { unet.autograd_jvp(bottleneck, bottleneck.h); }).find("one row"),
            std::string::npos);
  EXPECT_NE(error_of([&] { UNet(golden.directory, at::kHalf, at::kCPU); }).find("bfloat16"),
            std::string::npos);
}

}  // namespace
}  // namespace hspace::test
