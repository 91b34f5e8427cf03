#include "hspace/scheduler_config.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "hspace/noise_schedule.h"
#include "test/file_fixture.h"
#include "test/tiny_pipeline.h"

namespace hspace {
namespace {

using nlohmann::json;
using test::expect_error;

class SchedulerConfigTest : public test::FileFixture {
 protected:
  SchedulerConfig config(const std::string& text) const {
    return SchedulerConfig::load(write_file("scheduler_config.json", text));
  }
};

// The hashes are those that sha256sum prints of the texts.
TEST_F(SchedulerConfigTest, TheHashIsOfACanonicalText) {
  EXPECT_EQ(SchedulerConfig().canonical_json(),
            R"({"beta_end":0.02,"beta_schedule":"linear","beta_start":0.0001,)"
            R"("num_train_timesteps":1000,"prediction_type":"epsilon",)"
            R"("rescale_betas_zero_snr":false,"set_alpha_to_one":true,"steps_offset":0,)"
            R"("timestep_spacing":"leading"})");
  EXPECT_EQ(SchedulerConfig().hash(),
            "c62ce5dd653c6e4411c6f89d9448f96fa2c26a9b5de5ecec1868164baa084d58");
  const SchedulerConfig trained =
      config(R"({"num_train_timesteps": 4, "trained_betas": [1e-7, 0.5, 0.0, 0.999]})");
  EXPECT_EQ(trained.canonical_json(),
            R"({"num_train_timesteps":4,"prediction_type":"epsilon",)"
            R"("rescale_betas_zero_snr":false,"set_alpha_to_one":true,"steps_offset":0,)"
            R"("timestep_spacing":"leading","trained_betas":[0.0000001,0.5,0,0.999]})");
  EXPECT_EQ(trained.hash(), "90f5355025d37c6e1084e915570ec75fdffecfff51e1ca4b085a6a42bd766331");
}

TEST_F(SchedulerConfigTest, OnlyWhatChangesTheScheduleChangesTheHash) {
  const std::string trained = R"("num_train_timesteps": 2, "trained_betas": [0.1, 0.2])";
  EXPECT_EQ(config("{" + trained + "}").hash(),
            config("{" + trained + R"(, "beta_end": 0.5})").hash());
  const std::string standard = SchedulerConfig().hash();
  EXPECT_EQ(config("{}").hash(), standard);
  EXPECT_EQ(config(R"({"_class_name": "DDIMScheduler", "clip_sample": false, "beta_start": 1E-4,
                       "trained_betas": null})")
                .hash(),
            standard);
  for (const char* other :
       {R"("beta_start": 0.001)", R"("beta_end": 0.012)", R"("beta_schedule": "scaled_linear")",
        R"("num_train_timesteps": 500)", R"("prediction_type": "v_prediction")",
        R"("set_alpha_to_one": false)", R"("steps_offset": 1)", R"("timestep_spacing": "trailing")",
        R"("num_train_timesteps": 2, "trained_betas": [0.1, 0.3])",
        R"("prediction_type": "v_prediction", "rescale_betas_zero_snr": true)"}) {
    EXPECT_NE(config("{" + std::string(other) + "}").hash(), standard) << other;
  }
  EXPECT_NE(
      config(R"({"prediction_type": "v_prediction"})").hash(),
      config(R"({"prediction_type": "v_prediction", "rescale_betas_zero_snr": true})").hash());
}

TEST_F(SchedulerConfigTest, ClippingIsReadAsDiffusersMeansIt) {
  const auto ddpm = config("{}").clipping;
  ASSERT_TRUE(ddpm);
  EXPECT_EQ(ddpm->range, 1);
  EXPECT_TRUE(ddpm->posterior);
  EXPECT_EQ(ddpm->describe(), SchedulerConfig().clipping->describe());
  const auto ddim = config(R"({"_class_name": "DDIMScheduler", "clip_sample_range": 2})").clipping;
  ASSERT_TRUE(ddim);
  EXPECT_EQ(ddim->range, 2);
  EXPECT_FALSE(ddim->posterior);
  EXPECT_FALSE(config(R"({"clip_sample": false})").clipping);
  const auto dynamic = config(R"({"thresholding": true, "sample_max_value": 1.5})").clipping;
  ASSERT_TRUE(dynamic);
  EXPECT_FALSE(dynamic->range);
  EXPECT_EQ(dynamic->ratio, 0.995);
  EXPECT_EQ(dynamic->maximum, 1.5);
  EXPECT_EQ(dynamic->describe(), "thresholding at the 0.995 quantile");
}

TEST_F(SchedulerConfigTest, WhatIsNotAppliedIsSaid) {
  using Remarks = std::vector<std::string>;
  EXPECT_EQ(config("{}").not_applied(false),
            Remarks{"clip_sample to [-1, 1] is not applied (--clip applies it)"});
  EXPECT_EQ(config("{}").not_applied(true), Remarks());
  EXPECT_EQ(config(R"({"clip_sample": false})").not_applied(false), Remarks());
  const std::string learned = R"("clip_sample": false, "variance_type": "learned_range")";
  EXPECT_EQ(config("{" + learned + "}").not_applied(true),
            Remarks{"variance_type learned_range is not applied (the noise of a step is η's)"});
  EXPECT_EQ(config(R"({"_class_name": "DDIMScheduler", )" + learned + "}").not_applied(true),
            Remarks());
}

TEST_F(SchedulerConfigTest, BadValuesAreNamed) {
  const std::vector<std::vector<std::string>> cases = {
      {R"({"beta_schedule": "laplace"})", "beta_schedule: expected one of",
       "linear, scaled_linear, squaredcos_cap_v2", "found \"laplace\""},
      {R"({"timestep_spacing": "even"})", "timestep_spacing", "leading, linspace, trailing",
       "even"},
      {R"({"prediction_type": 3})", "prediction_type", "epsilon, sample, v_prediction", "found 3"},
      {R"({"_class_name": "NewScheduler"})", "_class_name", "DDIMScheduler", "NewScheduler"},
      {R"({"_class_name": "FlowMatchEulerDiscreteScheduler"})", "_class_name", "not a flow",
       "FlowMatch"},
      {R"({"_class_name": "EDMEulerScheduler"})", "_class_name", "not one of σ alone", "EDMEuler"},
      {R"({"_class_name": "ScoreSdeVeScheduler"})", "_class_name", "not one of σ alone", "SdeVe"},
      {R"({"_class_name": "DPMSolverMultistepScheduler", "use_flow_sigmas": true})",
       "use_flow_sigmas", "not a flow", "found true"},
      {R"({"_class_name": "DPMSolverMultistepScheduler", "prediction_type": "flow_prediction"})",
       "prediction_type", "epsilon, sample, v_prediction", "flow_prediction"},
      {R"({"_class_name": "EulerDiscreteScheduler", "timestep_type": "continuous"})",
       "timestep_type", "\"discrete\"", "continuous"},
      {R"({"final_sigmas_type": "one"})", "final_sigmas_type", "sigma_min, zero", "one"},
      {R"({"num_train_timesteps": 0})", "num_train_timesteps", "from 1 to 1000000", "found 0"},
      {R"({"num_train_timesteps": 2.5})", "num_train_timesteps", "a whole number", "2.5"},
      {R"({"beta_start": "x"})", "beta_start", "a number from 0 to 1", "found \"x\""},
      {R"({"beta_end": 1.5})", "beta_end", "a number from 0 to 1", "found 1.5"},
      {R"({"set_alpha_to_one": 1})", "set_alpha_to_one", "true or false", "found 1"},
      {R"({"steps_offset": 1000})", "steps_offset", "from 0 to 999", "found 1000"},
      {R"({"trained_betas": [0.1, 0.2]})", "trained_betas", "1000 values", "2 values"},
      {R"({"num_train_timesteps": 2, "trained_betas": [0.1, 2]})", "trained_betas", "from 0 to 1",
       "[0.1,2]"},
      {R"({"clip_sample_range": 0})", "clip_sample_range", "a number above 0", "found 0"},
      {R"({"variance_type": "\n"})", "variance_type", "a text of one line", "\"\\n\""},
      {R"({"rescale_betas_zero_snr": true})", "rescale_betas_zero_snr",
       "false with prediction_type epsilon", "true"},
      {R"({"rescale_betas_zero_snr": true, "prediction_type": "sample", "num_train_timesteps": 1})",
       "rescale_betas_zero_snr", "one training timestep", "true"},
      {"[1]", "scheduler_config.json", "a JSON object", "found [1]"},
      {"{nonsense", "scheduler_config.json", "not valid JSON"}};
  for (const auto& one : cases) {
    SCOPED_TRACE(one[0]);
    expect_error([&] { config(one[0]); }, {path("scheduler_config.json"), one[1], one[2]});
    expect_error([&] { config(one[0]); }, {one.back()});
  }
}

// Of tools/golden/make_scheduler_classes.py: what a class means where its file says nothing, and
// all that it writes itself.
TEST_F(SchedulerConfigTest, EveryClassHasDiffusersDefaults) {
  const json golden = json::parse(std::ifstream(test::pipeline_path("scheduler_classes.json")));
  EXPECT_EQ(golden.size(), 19u);
  for (const auto& [name, expected] : golden.items()) {
    SCOPED_TRACE(name);
    const SchedulerConfig silent = config(R"({"_class_name": ")" + name + R"("})");
    const SchedulerConfig written = config(expected["written"].get<std::string>());
    EXPECT_EQ(silent.hash(), written.hash());
    EXPECT_EQ(silent.timestep_spacing, expected["timestep_spacing"]);
    EXPECT_EQ(silent.set_alpha_to_one, expected["set_alpha_to_one"].get<bool>());
    EXPECT_EQ(silent.clipping.has_value(), expected["clip_sample"].get<bool>());
    EXPECT_EQ(written.clipping.has_value(), silent.clipping.has_value());
    EXPECT_TRUE(written.solver_settings.empty());
    const NoiseSchedule schedule(silent);
    for (const auto& [timestep, value] : expected["alpha_bar"].items()) {
      const auto alpha_bar = value.get<double>();
      EXPECT_NEAR(schedule.alpha_bar(std::stoll(timestep)), alpha_bar, 1e-6 * alpha_bar);
    }
  }
}

// As their hubs have them.
TEST_F(SchedulerConfigTest, OtherClassesAreReadForTheirNoiseSchedule) {
  const SchedulerConfig sd = config(
      R"({"_class_name": "PNDMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear",
          "beta_start": 0.00085, "num_train_timesteps": 1000, "set_alpha_to_one": false,
          "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null, "clip_sample": false})");
  EXPECT_EQ(sd.hash(), config(R"({"_class_name": "DDIMScheduler", "beta_end": 0.012,
                       "beta_schedule": "scaled_linear", "beta_start": 0.00085,
                       "set_alpha_to_one": false, "steps_offset": 1, "clip_sample": false})")
                           .hash());
  const std::vector<std::string> remarks = sd.not_applied(false);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_EQ(remarks[0],
            "the steps of PNDMScheduler are not taken, but DDIM's or DDPM's, as η says");
  const SchedulerConfig karras = config(
      R"({"_class_name": "DPMSolverMultistepScheduler", "use_karras_sigmas": true,
          "use_lu_lambdas": false, "lambda_min_clipped": -Infinity, "timestep_spacing": "leading",
          "final_sigmas_type": "sigma_min"})");
  EXPECT_FALSE(karras.set_alpha_to_one);
  EXPECT_EQ(karras.not_applied(false).back(),
            "use_karras_sigmas is not applied (timesteps are those of timestep_spacing leading)");
  EXPECT_EQ(config(R"({"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -5.1})")
                .solver_settings,
            std::vector<std::string>{"lambda_min_clipped"});
}

TEST_F(SchedulerConfigTest, BadFilesAreFileErrors) {
  try {
    config(R"({"beta_start": 2})");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kFile);
  }
}

}  // namespace
}  // namespace hspace
