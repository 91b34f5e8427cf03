#include "pipeline/step.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "test/file_fixture.h"
#include "test/golden_case.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

constexpr double kAlpha = .6, kClean = .3, kNoise = -1.7;

at::Tensor scalar(double value) { return at::tensor({value}, at::kDouble); }

// Whatever the network predicts, the same x_0 and ε must come out of it.
TEST(Step, PredictionsAgree) {
  const double a = std::sqrt(kAlpha), s = std::sqrt(1 - kAlpha);
  const double x = a * kClean + s * kNoise;
  const std::pair<PredictionType, double> cases[] = {
      {PredictionType::kEpsilon, kNoise},
      {PredictionType::kVPrediction, a * kNoise - s * kClean},
      {PredictionType::kSample, kClean},
  };
  for (const auto& [type, output] : cases) {
    const Step step{kAlpha, .8, .1, type};
    EXPECT_NEAR(step.clean(scalar(x), scalar(output)).item<double>(), kClean, 1e-12);
    EXPECT_NEAR(step.noise(scalar(x), scalar(output)).item<double>(), kNoise, 1e-12);
    const double expected = std::sqrt(.8) * kClean + std::sqrt(1 - .8 - .01) * kNoise;
    EXPECT_NEAR(step.mean(scalar(x), scalar(output), scalar(output)).item<double>(), expected,
                1e-12);
  }
}

TEST(Step, BackwardUndoesTheNoiselessStep) {
  const Step step{kAlpha, .8, 0, PredictionType::kEpsilon};
  const at::Tensor end = step.mean(scalar(.9), scalar(kNoise), scalar(kNoise));
  EXPECT_NEAR(step.backward(end, scalar(kNoise)).item<double>(), .9, 1e-12);
}

// D_t of an asymmetric step is that of the other output, and of nothing else.
TEST(Step, PAndDComeFromTheirOwnOutputs) {
  const Step step{kAlpha, .8, .1, PredictionType::kEpsilon};
  const auto mean = [&](double p, double d) {
    return step.mean(scalar(.9), scalar(p), scalar(d)).item<double>();
  };
  EXPECT_NEAR(mean(.5, 2.5) - mean(.5, 1.5), std::sqrt(1 - .8 - .01), 1e-12);
  EXPECT_NEAR(mean(2.5, .5) - mean(1.5, .5), -std::sqrt(.8 * (1 - kAlpha) / kAlpha), 1e-12);
}

class ClippedStep : public FileFixture {};

TEST_F(ClippedStep, EqualsDiffusers) {
  const at::Tensor x = golden_tensor("clipping.safetensors", "x");
  const at::Tensor output = golden_tensor("clipping.safetensors", "output");
  for (const std::string type : {"ddim", "ddpm"}) {
    for (const std::string kind : {"clamp", "dynamic"}) {
      SCOPED_TRACE(type + " " + kind);
      const std::string clipping =
          kind == "clamp" ? R"("clip_sample_range": 0.8)" : R"("thresholding": true,
             "dynamic_thresholding_ratio": 0.9, "sample_max_value": 1.5)";
      const SchedulerConfig config = SchedulerConfig::load(write_file(
          type + kind, R"({"_class_name": ")" +
                           std::string(type == "ddim" ? "DDIMScheduler" : "DDPMScheduler") +
                           R"(", )" + clipping + "}"));
      const Lattice lattice = NoiseSchedule(config).lattice(10);
      ASSERT_EQ(lattice.timesteps[6], 300);
      const double eta = type == "ddim" ? .5 : 1;
      const auto mean = [&](const std::optional<Clipping>& clipping) {
        return Step::of(lattice, 6, eta, PredictionType::kEpsilon, clipping)
            .mean(x, output, output);
      };
      const at::Tensor expected = golden_tensor("clipping.safetensors", type + "_" + kind);
      // diffusers keeps its coefficients in float32.
      EXPECT_LT(relative_difference(mean(config.clipping), expected), 1e-6);
      EXPECT_GT(relative_difference(mean({}), expected), 1e-2);
    }
  }
}

}  // namespace
}  // namespace hspace::test
