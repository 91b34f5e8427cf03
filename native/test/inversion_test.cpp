#include "hspace/inversion.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "hspace/sampler.h"
#include "test/callbacks.h"
#include "test/file_fixture.h"
#include "test/golden_case.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

InversionOptions options(const std::string& eta = "0", int64_t refine = 50) {
  InversionOptions made;
  made.steps = 10;
  made.eta = EtaSchedule::parse(eta);
  made.refine = refine;
  return made;
}

// Pictures that the model did not make: a lit disc before a gradient, (n, 3, 16, 16).
at::Tensor pictures(int64_t n) {
  std::vector<float> values;
  for (int64_t i = 0; i < n * 3 * 256; ++i) {
    const double row = static_cast<double>(i / 768), channel = static_cast<double>(i / 256 % 3);
    const double x = static_cast<double>(i % 16), y = static_cast<double>(i / 16 % 16);
    const bool inside = std::hypot(x - 6 - row, y - 8) < 4;
    values.push_back(static_cast<float>(inside ? .8 - .3 * channel : .05 * (y - 8) - .2 * row));
  }
  return at::tensor(values).view({n, 3, 16, 16});
}

std::vector<ImageSource> sources(int64_t n) {
  std::vector<ImageSource> made;
  for (int64_t i = 0; i < n; ++i) {
    made.push_back({"picture" + std::to_string(i) + ".png", "00" + std::to_string(i)});
  }
  return made;
}

double least(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

TEST(Inversion, DdpmRoundTrip) {
  const Model model = tiny_model();
  for (const std::string eta : {"1", "0.5", "0.25", "0.01", "start:1:0.5", "end:1:0.5", "1@0.3-0.7",
                                "0,1,0,1,0,0,1,1,0,1"}) {
    SCOPED_TRACE(eta);
    const Inversion found = invert(model, pictures(3), sources(3), options(eta));
    EXPECT_GE(least(found.psnr), 60);
    EXPECT_EQ(found.trajectory.provenance().method, "ddpm");
    const at::Tensor z = found.trajectory.z();
    const std::vector<double> etas = EtaSchedule::parse(eta).values(10);
    for (int64_t i = 0; i < 10; ++i) {
      const double largest = z.select(1, i).abs().max().item<double>();
      const bool noiseless = etas[i] == 0 || i == 9;  // the last step ends at ᾱ = 1
      EXPECT_EQ(largest == 0, noiseless) << "z of step " << i;
      EXPECT_TRUE(std::isfinite(largest));
    }
  }
}

TEST(Inversion, RefinedDdimRoundTrip) {
  const Model model = tiny_model();
  const at::Tensor images = pictures(2);
  std::vector<double> db;
  for (const int64_t refine : {0, 3, 60}) {
    const Inversion found = invert(model, images, sources(2), options("0", refine));
    db.push_back(least(found.psnr));
    if (refine == 0) {  // nothing is solved: the residual is the error of the round trip
      const double error = std::sqrt(4 * std::pow(10, -found.psnr[1] / 10) * 3 * 256);
      EXPECT_NEAR(found.residual[1], error / images[1].norm().item<double>(), 1e-5);
    }
    EXPECT_FALSE(found.trajectory.z().defined());
    EXPECT_EQ(found.trajectory.provenance().method, "ddim");
    EXPECT_EQ(found.trajectory.provenance().images->at(1).name, "picture1.png");
    EXPECT_EQ(inversion_provenance(model, sources(2), options("0", refine)).json(),
              found.trajectory.provenance().json());
  }
  EXPECT_LT(db[0], db[1]) << "refining helps";
  EXPECT_LT(db[1], db[2]);
  EXPECT_GT(db[2], 80) << "exact to rounding where it converges";
}

TEST(Inversion, SamplesAreInvertedToTheirStart) {
  const Model model = tiny_model();
  SamplingOptions sampling;
  sampling.steps = 20;
  sampling.eta = {};
  const Trajectory sample = Sampler(model).sample({8, 9}, sampling);
  InversionOptions twenty = options("0", 200);
  twenty.steps = 20;
  const Inversion found = invert(model, sample.x_0(), sources(2), twenty);
  EXPECT_GT(least(found.psnr), 100);
  EXPECT_LT(relative_difference(found.trajectory.x_T(), sample.x_T()), .01);
}

TEST(Inversion, TheTrajectoryDecodesToTheReportedImageAndItsNoiseIsItsOwn) {
  const Model model = tiny_model();
  InversionOptions ddpm = options("1");
  ddpm.batch = 2;
  const Trajectory three = invert(model, pictures(3), sources(3), ddpm).trajectory;
  const at::Tensor decoded =
      Sampler(model).decode(three, {0, 1, 2}, nullptr, InjectionPoint::kAfter, 2);
  EXPECT_LT(relative_difference(decoded, three.x_0()), 1e-5);
  EXPECT_EQ(three.h().size(1), 10);
  ddpm.seed = 1;
  ddpm.record_h = false;
  const Trajectory one = invert(model, pictures(3).narrow(0, 1, 1), sources(1), ddpm).trajectory;
  EXPECT_LT(relative_difference(one.x_T(), three.x_T().narrow(0, 1, 1)), 1e-5)
      << "image i draws from seed + i whatever the batch";
  EXPECT_FALSE(one.h().defined());
}

// An image of zeros has no norm to be relative to; it is solved all the same, and spoils no other.
TEST(Inversion, AnImageOfZerosIsInverted) {
  const Model model = tiny_model(at::kDouble);
  at::Tensor images = pictures(2).to(at::kDouble);
  images[0].zero_();
  const Inversion plain = invert(model, images, sources(2), options("0", 0));
  const Inversion found = invert(model, images, sources(2), options());
  for (const size_t row : {0, 1}) {
    EXPECT_GT(found.psnr[row], plain.psnr[row] + 10);
    EXPECT_TRUE(std::isfinite(found.residual[row])) << found.residual[row];
  }
}

TEST(Inversion, ReportsProgressAndIsCancelled) {
  const Model model = tiny_model();
  InversionOptions ddpm = options("1");
  ddpm.batch = 2;
  Listener listener;
  invert(model, pictures(3), sources(3), ddpm, listener);
  EXPECT_EQ(listener.total, 3 * 10 * 3);  // up, down for the noise, down to decode
  EXPECT_EQ(listener.done.back(), 90);
  EXPECT_EQ(listener.done.size(), 60u);
  Listener at_forty(40);
  EXPECT_THROW(invert(model, pictures(3), sources(3), ddpm, at_forty), Cancelled);
}

TEST(Inversion, PsnrOfAKnownError) {
  const at::Tensor image = at::zeros({1, 3, 2, 2});
  EXPECT_NEAR(psnr(image, at::full({1, 3, 2, 2}, .02))[0], 40, 1e-5);  // 20 log10(2 / 0.02)
  EXPECT_TRUE(std::isinf(psnr(image, image)[0]));
}

TEST(Inversion, BadImagesAndOptionsAreNamed) {
  const Model model = tiny_model();
  const auto with = [&](const at::Tensor& images, const InversionOptions& wrong) {
    invert(model, images, sources(1), wrong);
  };
  expect_error([&] { with(at::zeros({1, 3, 8, 16}), options()); },
               {"expected 1 of shape 3 x 16 x 16", "[1, 3, 8, 16]"});
  expect_error([&] { with(pictures(2), options()); }, {"expected 1 of shape", "[2, 3, 16, 16]"});
  expect_error([&] { with({}, options()); }, {"no tensor"});
  expect_error([&] { with(pictures(1), options("0", -1)); }, {"refine: expected at least 0"});
  InversionOptions wrong = options();
  wrong.tolerance = 0;
  expect_error([&] { with(pictures(1), wrong); }, {"tolerance: expected above 0, found 0"});
  wrong = options();
  wrong.steps = 0;
  expect_error([&] { with(pictures(1), wrong); }, {"steps: expected 1"});
  wrong = options();
  wrong.batch = 0;
  expect_error([&] { with(pictures(1), wrong); }, {"batch: expected at least 1"});
  const at::Tensor nan = at::full({1, 3, 16, 16}, std::nan(""));
  expect_error([&] { with(nan, options()); }, {"step 10 of 10", "is not finite either"});
}

}  // namespace
}  // namespace hspace::test
