#include "hspace/sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "hspace/error.h"
#include "hspace/inversion.h"
#include "pipeline/denoiser.h"
#include "test/callbacks.h"
#include "test/file_fixture.h"
#include "test/golden_case.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

constexpr const char* kGolden = "sampling.safetensors";
const std::vector<int64_t> kGoldenSeeds = {0, 1, 7};

SamplingOptions options(const std::string& eta = "1", int64_t batch = 4) {
  SamplingOptions made;
  made.steps = 5;
  made.batch = batch;
  made.eta = EtaSchedule::parse(eta);
  return made;
}

SamplingOptions reference(const std::string& eta) {
  SamplingOptions made = options(eta, 2);
  made.reference_seeds = true;
  return made;
}

TEST(Sampler, EqualsDiffusers) {
  for (const auto& [dtype, tolerance] : {std::pair(at::kDouble, 1e-10), {at::kFloat, 1e-5}}) {
    const Sampler sampler(tiny_model(dtype));
    for (const std::string eta : {"0", "0.5", "1"}) {
      SCOPED_TRACE(std::string(c10::toString(dtype)) + ", eta " + eta);
      const Trajectory found = sampler.sample(kGoldenSeeds, reference(eta));
      EXPECT_EQ(found.z().defined(), eta != "0");
      EXPECT_EQ(found.x_0().scalar_type(), dtype);
      EXPECT_LT(relative_difference(found.x_0(), golden_tensor(kGolden, "x_0_" + eta)), tolerance);
      EXPECT_LT(relative_difference(found.h(), golden_tensor(kGolden, "h_" + eta)), tolerance);
    }
  }
}

TEST(Sampler, InjectionEqualsDiffusers) {
  const at::Tensor delta = golden_tensor(kGolden, "delta");  // (T, c, h, w)
  for (const auto& [dtype, tolerance] : {std::pair(at::kDouble, 1e-10), {at::kFloat, 1e-5}}) {
    const Sampler sampler(tiny_model(dtype));
    const Trajectory plain = sampler.sample(kGoldenSeeds, reference("1"));
    for (const bool asymmetric : {false, true}) {
      InjectionOf injection([&](int64_t step, int64_t, int64_t,
                                const at::Tensor&) { return delta.narrow(0, step, 1); },
                            asymmetric);
      const at::Tensor found =
          sampler.decode(plain, {0, 1, 2}, &injection, InjectionPoint::kAfter, 8);
      EXPECT_LT(relative_difference(
                    found, golden_tensor(kGolden, asymmetric ? "asymmetric" : "symmetric")),
                tolerance)
          << c10::toString(dtype) << asymmetric;
    }
  }
}

TEST(Sampler, NoiseDoesNotDependOnTheBatch) {
  const Sampler sampler(tiny_model());
  const std::vector<int64_t> seeds = {3, 9, 4, 1, 5};
  const Trajectory whole = sampler.sample(seeds, options("1", 5));
  const Trajectory parts = sampler.sample(seeds, options("1", 2));
  const Trajectory alone = sampler.sample({4}, options());
  EXPECT_TRUE(whole.x_T().equal(parts.x_T()));
  EXPECT_TRUE(whole.z().equal(parts.z()));
  EXPECT_LT(relative_difference(parts.x_0(), whole.x_0()), 1e-5);
  EXPECT_LT(relative_difference(parts.h(), whole.h()), 1e-5);
  EXPECT_TRUE(whole.x_T().narrow(0, 2, 1).equal(alone.x_T()));
  EXPECT_TRUE(whole.z().narrow(0, 2, 1).equal(alone.z()));
  EXPECT_LT(relative_difference(alone.x_0(), whole.x_0().narrow(0, 2, 1)), 1e-5);
}

// Samples of a tiny model at 10 and 50 steps are nearer to each other than to another seed's, and
// nearer than where each step draws its own noise.
TEST(Sampler, ASeedShowsMuchTheSameAtAnyNumberOfSteps) {
  const Sampler sampler(tiny_model());
  const std::vector<int64_t> seeds = {0, 1, 2, 3, 4, 5, 6, 7};
  const auto images = [&](int64_t steps, StepNoise noise) {
    SamplingOptions made = options();
    made.steps = steps;
    made.noise = noise;
    made.record_h = false;
    return sampler.sample(seeds, made).x_0();  // (8, C, H, W)
  };
  const at::Tensor fine = images(50, StepNoise::kBrownian);
  const double change = (images(10, StepNoise::kBrownian) - fine).norm().item<double>();
  EXPECT_LT(change, .7 * (fine.roll(1, 0) - fine).norm().item<double>());
  EXPECT_LT(
      change,
      .8 * (images(10, StepNoise::kSteps) - images(50, StepNoise::kSteps)).norm().item<double>());
}

TEST(Sampler, ProvenanceSaysWhoseNoiseItIs) {
  const Sampler sampler(tiny_model());
  SamplingOptions made = options();
  EXPECT_EQ(sampler.provenance({1}, made).noise, StepNoise::kBrownian);
  const Trajectory path = sampler.draw({1}, made);
  made.noise = StepNoise::kSteps;
  EXPECT_EQ(sampler.provenance({1}, made).noise, StepNoise::kSteps);
  EXPECT_FALSE(sampler.draw({1}, made).z().equal(path.z()));
  EXPECT_TRUE(sampler.draw({1}, made).x_T().equal(path.x_T()));
  EXPECT_EQ(sampler.provenance({1}, reference("1")).noise, StepNoise::kSteps);
}

TEST(Sampler, TheSameRunTwiceGivesTheSameBitsBatchByBatchToo) {
  const Sampler sampler(tiny_model());
  const std::vector<int64_t> seeds = {0, 1, 2, 3, 4, 5};
  const Trajectory a = sampler.sample(seeds, options()), b = sampler.sample(seeds, options());
  EXPECT_TRUE(a.x_0().equal(b.x_0()));
  EXPECT_TRUE(a.h().equal(b.h()));
  std::vector<Trajectory> parts;
  SinkOf sink([&](const Trajectory& part) { parts.push_back(part); });
  sampler.stream(seeds, options(), sink);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[1].rows(), 2);
  EXPECT_EQ(parts[1].provenance().seeds, (std::vector<int64_t>{4, 5}));
  EXPECT_TRUE(at::cat({parts[0].x_0(), parts[1].x_0()}).equal(a.x_0()));
  EXPECT_TRUE(at::cat({parts[0].h(), parts[1].h()}).equal(a.h()));
  EXPECT_TRUE(at::cat({parts[0].z(), parts[1].z()}).equal(a.z()));
}

TEST(Sampler, HalfPrecisionStaysNear) {
  std::optional<Model> half;
  try {
    half = tiny_model(at::kBFloat16);
  } catch (const Error& e) {
    GTEST_SKIP() << e.what();
  }
  const Trajectory expected = Sampler(tiny_model()).sample({1, 2}, options("0.5"));
  const Trajectory found = Sampler(*half).sample({1, 2}, options("0.5"));
  EXPECT_EQ(found.x_0().scalar_type(), at::kFloat);
  EXPECT_EQ(found.h().scalar_type(), at::kFloat);
  EXPECT_TRUE(found.x_T().equal(expected.x_T()));
  const double db = psnr(expected.x_0(), found.x_0())[0];
  EXPECT_GT(db, 25);
  EXPECT_LT(db, 100);
}

TEST(Sampler, DecodingWithoutAnInjectionReturnsTheSample) {
  const Sampler sampler(tiny_model());
  const Trajectory sample = sampler.sample({1, 2, 3}, options("0.7@0.2-0.9", 3));
  const at::Tensor again = sampler.decode(sample, {0, 1, 2}, nullptr, InjectionPoint::kBefore, 3);
  EXPECT_LT(relative_difference(again, sample.x_0()), 1e-6);
  const at::Tensor repeated = sampler.decode(sample, {2, 2, 0}, nullptr, InjectionPoint::kAfter, 2);
  EXPECT_LT(relative_difference(repeated[1], sample.x_0()[2]), 1e-5);
  EXPECT_LT(relative_difference(repeated[2], sample.x_0()[0]), 1e-5);
}

// What an injection is told is where it is: it can undo h, or read another row's.
TEST(Sampler, AnInjectionSeesStepTimestepRowsAndH) {
  const Sampler sampler(tiny_model(at::kDouble));
  const Trajectory sample = sampler.sample({1, 2, 3}, options("1", 3));
  std::vector<std::array<int64_t, 4>> calls;  // step, timestep, first, rows
  InjectionOf looks([&](int64_t step, int64_t timestep, int64_t first, const at::Tensor& h) {
    calls.push_back({step, timestep, first, h.size(0)});
    EXPECT_LT(relative_difference(h, sample.h().select(1, step).narrow(0, first, h.size(0))),
              1e-10);
    return at::Tensor();
  });
  const at::Tensor plain = sampler.decode(sample, {0, 1, 2}, &looks, InjectionPoint::kAfter, 2);
  EXPECT_LT(relative_difference(plain, sample.x_0()), 1e-10);
  std::vector<std::array<int64_t, 4>> expected;
  for (const auto& [first, rows] : {std::pair<int64_t, int64_t>(0, 2), {2, 1}}) {
    for (int64_t i = 0; i < 5; ++i) {
      expected.push_back({i, sample.lattice().timesteps[i], first, rows});
    }
  }
  EXPECT_EQ(calls, expected);
  // Row 0 with the h of row 1, which it has from the second step on had it been given so before.
  InjectionOf swaps([&](int64_t step, int64_t, int64_t, const at::Tensor& h) {
    return sample.h().select(1, step).narrow(0, 1, 1) - h;
  });
  const at::Tensor swapped = sampler.decode(sample, {0, 1}, &swaps, InjectionPoint::kAfter, 2);
  EXPECT_GT(relative_difference(swapped[0], sample.x_0()[0]), 1e-3);
  EXPECT_LT(relative_difference(swapped[1], sample.x_0()[1]), 1e-10) << "its own h";
}

TEST(Sampler, WhatAnInjectionASinkOrAListenerThrowsReachesTheCaller) {
  struct Oops : std::runtime_error {
    Oops() : runtime_error("oops") {}
  };
  const Sampler sampler(tiny_model());
  const Trajectory drawn = sampler.draw({1}, options());
  InjectionOf injection([](auto...) -> at::Tensor { throw Oops(); });
  EXPECT_THROW(sampler.decode(drawn, {0}, &injection, InjectionPoint::kAfter, 1), Oops);
  SinkOf sink([](const Trajectory&) { throw Oops(); });
  EXPECT_THROW(sampler.stream({1}, options(), sink), Oops);
}

TEST(Sampler, ADeltaOfAnotherShapeIsNamed) {
  const Sampler sampler(tiny_model());
  const Trajectory drawn = sampler.draw({1, 2}, options());
  InjectionOf injection([](auto...) { return at::randn({3, 16, 4, 4}); });
  expect_error([&] { sampler.decode(drawn, {0, 1}, &injection, InjectionPoint::kAfter, 2); },
               {"Δh: expected [2, 16, 4, 4]", "found [3, 16, 4, 4]"});
}

TEST(Sampler, ReportsProgressAndIsCancelled) {
  const Sampler sampler(tiny_model());
  Listener listener;
  sampler.sample({1, 2, 3}, options("1", 2), listener);
  EXPECT_EQ(listener.done, (std::vector<int64_t>{2, 4, 6, 8, 10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(listener.total, 15);
  EXPECT_EQ(listener.unit, "steps");

  Listener at_four(4);
  EXPECT_THROW(sampler.sample({1, 2, 3}, options("1", 2), at_four), Cancelled);
  EXPECT_EQ(at_four.done, (std::vector<int64_t>{2, 4}));
  const Trajectory drawn = sampler.draw({1}, options());
  Listener at_one(1);
  EXPECT_THROW(sampler.decode(drawn, {0}, nullptr, InjectionPoint::kAfter, 1, at_one), Cancelled);
  int parts = 0;
  SinkOf sink([&](const Trajectory&) { ++parts; });
  Listener at_twelve(12);
  EXPECT_THROW(sampler.stream({1, 2, 3}, options("1", 2), sink, at_twelve), Cancelled);
  EXPECT_EQ(parts, 1) << "what was done by then was handed over";
}

TEST(Sampler, BadOptionsAndRowsAreNamed) {
  const Sampler sampler(tiny_model());
  expect_error([&] { sampler.sample({}, options()); }, {"seeds: expected at least one"});
  SamplingOptions wrong = options();
  wrong.steps = 0;
  expect_error([&] { sampler.sample({1}, wrong); }, {"steps: expected 1 to 1000000, found 0"});
  wrong.steps = 1001;
  expect_error([&] { sampler.sample({1}, wrong); }, {"steps: expected 1 to 1000, found 1001"});
  expect_error([&] { sampler.draw({1}, options("1", 0)); },
               {"batch: expected at least 1, found 0"});
  expect_error([&] { sampler.sample({1}, options("1,1")); }, {"eta: expected 5 values", "found 2"});
  SamplingOptions clipped = options();
  clipped.clip = true;
  expect_error([&] { sampler.sample({1}, clipped); }, {"clip: expected", "scheduler_config.json"});

  const Trajectory drawn = sampler.draw({1, 2}, options());
  const auto decode = [&](const std::vector<int64_t>& rows, int64_t batch) {
    sampler.decode(drawn, rows, nullptr, InjectionPoint::kAfter, batch);
  };
  expect_error([&] { decode({0, 2}, 1); }, {"row: expected 0 to 1, found 2"});
  expect_error([&] { decode({-1}, 1); }, {"row: expected 0 to 1, found -1"});
  expect_error([&] { decode({}, 1); }, {"rows: expected at least one"});
  expect_error([&] { decode({0}, 0); }, {"batch: expected at least 1"});
  expect_error([&] { sampler.states(drawn, 2, 1); }, {"row: expected 0 to 1, found 2"});
  expect_error([&] { sampler.states(drawn, 0, 6); }, {"states: expected 1 to 5, found 6"});
  const Trajectory silent(drawn.x_T(), {}, {}, {}, drawn.lattice(), drawn.provenance());
  expect_error([&] { sampler.decode(silent, {0}, nullptr, InjectionPoint::kAfter, 1); },
               {"expected noise z"});
}

TEST(Sampler, WhatIsDrawnIsWhatSamplesBeginWith) {
  const Sampler sampler(tiny_model(at::kDouble));
  const Trajectory sampled = sampler.sample({3, 5}, options());
  const Trajectory drawn = sampler.draw({3, 5}, options());
  EXPECT_TRUE(drawn.x_T().equal(sampled.x_T()));
  EXPECT_TRUE(drawn.z().equal(sampled.z()));
  EXPECT_EQ(drawn.provenance().json(), sampled.provenance().json());
  EXPECT_EQ(sampler.provenance({3, 5}, options()).json(), sampled.provenance().json());
  EXPECT_FALSE(drawn.h().defined());
  EXPECT_FALSE(drawn.x_0().defined());
  const at::Tensor images = sampler.decode(drawn, {0, 1}, nullptr, InjectionPoint::kAfter, 2);
  EXPECT_TRUE(images.equal(sampled.x_0())) << "the same start in batches of the same size";
}

TEST(Sampler, StatesAreWhereStepsBegin) {
  const Model model = tiny_model(at::kDouble);
  const Sampler sampler(model);
  const Trajectory drawn = sampler.draw({4}, options("0"));
  const at::Tensor all = sampler.states(drawn, 0, drawn.steps());  // (T, C, H, W)
  EXPECT_EQ(all.size(0), drawn.steps());
  EXPECT_TRUE(all.narrow(0, 0, 1).equal(drawn.x_T()));
  EXPECT_TRUE(sampler.states(drawn, 0, 1).equal(drawn.x_T()));
  EXPECT_TRUE(sampler.states(drawn, 0, 3).equal(all.narrow(0, 0, 3)));
  // The last step from the last state ends at x_0.
  const Denoiser denoiser(model, drawn.lattice(), drawn.provenance().eta, InjectionPoint::kAfter,
                          {});
  const int64_t last = drawn.steps() - 1;
  const at::Tensor end = denoiser.next(last, all.narrow(0, last, 1), {});
  EXPECT_TRUE(sampler.decode(drawn, {0}, nullptr, InjectionPoint::kAfter, 1).equal(end));
}

// The figures of diffusers' own test of its DDIMPipeline: the last corner of blue, in [0, 1].
TEST(ClippedSampler, ReproducesThePipelineTestOfDiffusers) {
  const double expected[] = {0, .9979, 0, .9999, .9986, .9991, 7.106e-4, 0, 0};
  const Sampler sampler(tiny_model(at::kFloat, "ddim-pipeline"));
  SamplingOptions two = reference("0");
  two.steps = 2;
  for (const bool clip : {true, false}) {
    two.clip = clip;
    const at::Tensor blue = sampler.sample({0}, two).x_0()[0][2];  // (8, 8)
    double largest = 0;
    for (int64_t i = 0; i < 9; ++i) {
      const double level = blue[5 + i / 3][5 + i % 3].item<double>() / 2 + .5;
      largest = std::max(largest, std::abs(std::clamp(level, 0., 1.) - expected[i]));
    }
    EXPECT_EQ(largest < 1e-3, clip) << "differs by " << largest;
  }
}

TEST(ClippedSampler, TrajectoriesReplayClipped) {
  const Sampler sampler(tiny_model(at::kFloat, "ddim-pipeline"));
  for (const std::string eta : {"0", "1"}) {
    SamplingOptions clipped = options(eta);
    clipped.clip = true;
    const Trajectory sample = sampler.sample({3}, clipped);
    EXPECT_TRUE(sample.provenance().clipping.has_value());
    EXPECT_FALSE(sample.x_0().equal(sampler.sample({3}, options(eta)).x_0()));
    EXPECT_TRUE(
        sampler.decode(sample, {0}, nullptr, InjectionPoint::kAfter, 1).equal(sample.x_0()));
  }
}

// A host that differentiates something of its own gets no graph through a whole trajectory, and
// stays in its mode: an injection may differentiate.
TEST(Sampler, RecordsNoGraphAndLeavesTheModeAlone) {
  const Sampler sampler(tiny_model());
  const Trajectory drawn = sampler.draw({1}, options());
  const Trajectory tracked(drawn.x_T().clone().requires_grad_(), drawn.z().clone().requires_grad_(),
                           {}, {}, drawn.lattice(), drawn.provenance());
  InjectionOf injection([](int64_t, int64_t, int64_t, const at::Tensor& h) {
    EXPECT_TRUE(at::GradMode::is_enabled());
    return at::zeros_like(h).requires_grad_();
  });
  const at::Tensor found = sampler.decode(tracked, {0}, &injection, InjectionPoint::kAfter, 1);
  EXPECT_FALSE(found.requires_grad());
  EXPECT_TRUE(found.equal(sampler.decode(drawn, {0}, nullptr, InjectionPoint::kAfter, 1)));
}

}  // namespace
}  // namespace hspace::test
