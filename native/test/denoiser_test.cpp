#include "pipeline/denoiser.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <limits>

#include "hspace/error.h"
#include "test/callbacks.h"
#include "test/file_fixture.h"
#include "test/golden_case.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

Denoiser denoiser(const Model& model, InjectionPoint point, double eta = 0) {
  return {model, model.schedule().lattice(4), std::vector<double>(4, eta), point, {}};
}

at::Tensor coarse(const at::Tensor& t) { return t.to(at::kBFloat16).to(at::kFloat); }

// The first convolution of a bfloat16 network, and the sum h + Δh, are float32: a change of x or
// Δh that rounding to bfloat16 would swallow reaches the result.
TEST(Denoiser, Bfloat16NetworksTakeWhatIsFiner) {
  std::optional<Model> model;
  try {
    model = tiny_model(at::kBFloat16);
  } catch (const Error& e) {
    GTEST_SKIP() << e.what();
  }
  // Half of half the distance of bfloat16 numbers, relative to them.
  const double finer_by = 1 + 0x1p-10;
  const Denoiser denoiser = test::denoiser(*model, InjectionPoint::kMiddle);
  const at::Tensor x = coarse(at::randn({2, 3, 16, 16}));
  const at::Tensor finer = x * finer_by;
  ASSERT_TRUE(coarse(finer).equal(x)) << "rounded, they are the same";
  EXPECT_FALSE(denoiser.noise(1, finer).equal(denoiser.noise(1, x)));

  const at::Tensor delta = coarse(at::randn({2, 16, 4, 4}));
  const at::Tensor finer_delta = delta * finer_by;
  ASSERT_TRUE(coarse(finer_delta).equal(delta)) << "rounded, they are the same";
  const auto edited = [&](const at::Tensor& by) {
    InjectionOf injection([&](int64_t, int64_t, int64_t, const at::Tensor&) { return by; });
    return denoiser.next(1, x, {}, &injection);
  };
  EXPECT_FALSE(edited(finer_delta).equal(edited(delta)));
}

TEST(Denoiser, AStepThatIsNotFiniteIsNamedWithWhatMayHelp) {
  const Model model = tiny_model();
  const Denoiser denoiser = test::denoiser(model, InjectionPoint::kAfter, .5);
  const at::Tensor x = at::randn({3, 3, 16, 16}), z = at::randn({3, 4, 3, 16, 16});
  const auto infinite = [&](int64_t, int64_t, int64_t, const at::Tensor& h) {
    at::Tensor delta = at::zeros_like(h);
    delta[1].fill_(std::numeric_limits<double>::infinity());
    return delta;
  };
  expect_error(
      [&] {
        InjectionOf injection(infinite);
        denoiser.next(1, x, z, &injection);
      },
      {"step 2 of 4 (timestep 500, eta 0.5)", "rows 1 of the batch's 3", "damaged weights",
       "too large a strength", "numbers beyond float32"});
  at::Tensor noise = z.clone();
  noise[2][0].fill_(std::numeric_limits<double>::quiet_NaN());
  expect_error([&] { denoiser.next(0, x, noise); }, {"step 1 of 4", "rows 2 of the batch's 3",
                                                     "NaN among 768 of 2304", "another --eta"});
  at::Tensor start = x.clone();
  start[0].fill_(std::numeric_limits<double>::quiet_NaN());
  expect_error([&] { denoiser.mean(0, start); }, {"rows 0 of", "begins with is not finite either"});
}

TEST(Denoiser, TakesOneValueOfEtaAStep) {
  const Model model = tiny_model();
  expect_error(
      [&] { Denoiser(model, model.schedule().lattice(4), {0, 0, 0}, InjectionPoint::kAfter, {}); },
      {"eta: expected 4 values, one a step, found 3"});
}

}  // namespace
}  // namespace hspace::test
