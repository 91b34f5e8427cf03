#include "hspace/noise_schedule.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "test/file_fixture.h"
#include "test/tiny_pipeline.h"

namespace hspace {
namespace {

using nlohmann::json;
using test::expect_error;

class NoiseScheduleTest : public test::FileFixture {
 protected:
  SchedulerConfig config(const std::string& text) const {
    return SchedulerConfig::load(write_file("scheduler_config.json", text));
  }
};

// Of tools/golden/make_schedules.py.
TEST_F(NoiseScheduleTest, EqualsDiffusers) {
  const json golden = json::parse(std::ifstream(test::pipeline_path("schedules.json")));
  EXPECT_EQ(golden.size(), 11u);
  for (const auto& [name, one] : golden.items()) {
    SCOPED_TRACE(name);
    const NoiseSchedule schedule(config(one["config"].dump()));
    for (const auto& [timestep, value] : one["alpha_bar"].items()) {
      const double expected = value.get<double>();
      EXPECT_NEAR(schedule.alpha_bar(std::stoll(timestep)), expected, 1e-6 * expected) << timestep;
    }
    EXPECT_NEAR(schedule.final_alpha_bar(), one["final_alpha_bar"].get<double>(), 1e-7);
    for (const auto& [steps, expected] : one["timesteps"].items()) {
      EXPECT_EQ(schedule.lattice(std::stoll(steps)).timesteps, expected.get<std::vector<int64_t>>())
          << steps;
    }
  }
}

TEST_F(NoiseScheduleTest, StepsMeet) {
  const Lattice lattice = NoiseSchedule(SchedulerConfig()).lattice(30);
  ASSERT_EQ(lattice.steps(), 30);
  for (size_t i = 0; i + 1 < 30; ++i) {
    EXPECT_EQ(lattice.alpha_bar[i + 1], lattice.alpha_bar_previous[i]);
    EXPECT_GT(lattice.sigma(static_cast<int64_t>(i), 1), 0);
  }
  EXPECT_EQ(lattice.alpha_bar_previous[29], 1);
  EXPECT_EQ(lattice.sigma(29, 1), 0) << "a step to the image adds no noise";
  std::vector<double> eta(30, 0.0);
  EXPECT_FALSE(lattice.adds_noise(eta));
  eta[29] = 1;
  EXPECT_FALSE(lattice.adds_noise(eta));
  eta[3] = 0.1;
  EXPECT_TRUE(lattice.adds_noise(eta));
}

TEST_F(NoiseScheduleTest, SigmaOfDdpmIsThePosteriorsDeviation) {
  const NoiseSchedule schedule{SchedulerConfig()};
  // Every timestep: β̃_t = (1-ᾱ_{t-1})/(1-ᾱ_t) β_t
  const Lattice lattice = schedule.lattice(1000);
  const int64_t t = 500;
  const double beta = 1 - schedule.alpha_bar(t) / schedule.alpha_bar(t - 1);
  const double posterior = (1 - schedule.alpha_bar(t - 1)) / (1 - schedule.alpha_bar(t)) * beta;
  EXPECT_NEAR(lattice.sigma(999 - t, 1), std::sqrt(posterior), 1e-12);
  EXPECT_NEAR(lattice.sigma(999 - t, 0.5), std::sqrt(posterior) / 2, 1e-12);
}

TEST_F(NoiseScheduleTest, WhatIsOutOfRangeIsNamed) {
  const NoiseSchedule schedule{SchedulerConfig()};
  expect_error([&] { schedule.lattice(int64_t{0}); }, {"steps: expected 1 to 1000, found 0"});
  expect_error([&] { schedule.lattice(1001); }, {"steps", "1001"});
  expect_error([&] { schedule.lattice(std::vector<int64_t>{}); }, {"timesteps", "none"});
  expect_error([&] { schedule.lattice(std::vector<int64_t>{5, 7}); },
               {"timesteps", "found 7 at step 1"});
  expect_error([&] { schedule.lattice(std::vector<int64_t>{1000}); },
               {"from 999 down to 0", "found 1000"});
  expect_error([&] { schedule.alpha_bar(1000); }, {"timestep", "1000"});
  expect_error([&] { NoiseSchedule(config(R"({"steps_offset": 1})")).lattice(1000); },
               {"found 1000 at step 0"});
  SchedulerConfig single;
  single.num_train_timesteps = 1;
  single.rescale_betas_zero_snr = true;
  expect_error([&] { NoiseSchedule{single}; }, {"rescale_betas_zero_snr", "at least 2"});
}

}  // namespace
}  // namespace hspace
