#include "hspace/denoising_error.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "hspace/sampler.h"
#include "pipeline/noise.h"
#include "test/file_fixture.h"
#include "test/tiny_pipeline.h"

namespace hspace {
namespace {

using test::tiny_model;

TEST(DenoisingError, IsThatOfThePredictedImage) {
  const Model model = tiny_model(at::kDouble);
  const int64_t t = model.schedule().train_timesteps() / 5;
  const double alpha_bar = model.schedule().alpha_bar(t);
  const at::Tensor x_0 = at::randn({3, 3, 16, 16}, at::kDouble).clamp(-1, 1);
  const at::Tensor noise = Noise({3, 16, 16}).inversion(7, 1).to(at::kDouble);
  const at::Tensor x = x_0 * std::sqrt(alpha_bar) + noise * std::sqrt(1 - alpha_bar);
  const Bottleneck bottleneck =
      model.unet().encode(x, at::full({1}, t, at::kLong), InjectionPoint::kAfter);
  const at::Tensor clean =
      (x - model.unet().decode(bottleneck) * std::sqrt(1 - alpha_bar)) / std::sqrt(alpha_bar);
  const std::vector<double> found = denoising_errors(model, x_0, {}, 7);
  ASSERT_EQ(found.size(), 3U);
  for (int64_t row = 0; row < 3; ++row) {
    const double expected = (clean[row] - x_0[row]).square().mean().sqrt().item<double>();
    EXPECT_NEAR(found[row], expected, 1e-9);
  }
}

TEST(DenoisingError, OfOtherShapesIsNamed) {
  const Model model = tiny_model();
  test::expect_error([&] { denoising_errors(model, at::randn({2, 3, 8, 8})); },
                     {"samples", "(N, 3, 16, 16)"});
}

}  // namespace
}  // namespace hspace
