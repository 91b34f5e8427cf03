#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// What a scheduler does to the predicted x_0 of each step, so that errors of the network do not
// lead out of the range of images. A clipped step can neither be inverted nor differentiated.
struct Clipping {
  // clip_sample: x_0 is clamped to [-range, range]. Absent with thresholding.
  std::optional<double> range;
  // Dynamic thresholding (Saharia et al. 2022, section 2.3): the values of an image are clamped to
  // the `ratio` quantile of |x_0| and divided by it; it counts as at least 1 and at most `maximum`.
  // Absent with clip_sample.
  std::optional<double> ratio;
  std::optional<double> maximum;
  // Whether a step of η = 1 goes on with the ε that belongs to the clipped x_0, as DDPMScheduler's
  // posterior mean does; every other step keeps the network's own ε, as DDIMScheduler does.
  bool posterior = false;

  static Clipping clamp(double range, bool posterior);
  static Clipping thresholding(double ratio, double maximum, bool posterior);

  // For people: "clip_sample to [-1, 1]".
  std::string describe() const;
};

// The part of a diffusers scheduler_config.json that determines the noise schedule, with diffusers'
// defaults.
//
// Predictions are only clipped where sampling is told to, and neither variance_type nor the solver
// of another class (PNDM, Euler, DPM-Solver ...) is applied: steps and their noise are η's. Such a
// class is read for its noise schedule, prediction and spacing; where it has no set_alpha_to_one it
// ends at an ᾱ of 1 unless final_sigmas_type is sigma_min.
struct SchedulerConfig {
  // Training timesteps N.
  int64_t num_train_timesteps = 1000;
  // linear, scaled_linear or sigmoid, from the first β to the last; squaredcos_cap_v2 or exp.
  std::string beta_schedule = "linear";
  double beta_start = 1e-4;
  double beta_end = 0.02;
  // All N β; absent: from the schedule.
  std::optional<std::vector<double>> trained_betas;
  // Whether ᾱ at the end of the last step is 1, or ᾱ_0.
  bool set_alpha_to_one = true;
  // Added to every timestep of the spacing "leading".
  int64_t steps_offset = 0;
  // leading, trailing or linspace.
  std::string timestep_spacing = "leading";
  // What the network's output is: epsilon, v_prediction or sample.
  std::string prediction_type = "epsilon";
  // Whether the β are rescaled so that ᾱ of the last training timestep is 0.
  bool rescale_betas_zero_snr = false;
  // What clip_sample or thresholding ask for; absent for nothing. No part of the noise schedule,
  // nor of its hash.
  std::optional<Clipping> clipping = Clipping::clamp(1, true);
  // Where it says another variance than that of η = 1: fixed_large, learned ...
  std::optional<std::string> variance_type;
  // The class of the scheduler, where its steps are not DDIM's or DDPM's, and the settings of its
  // own that move timesteps; no part of the noise schedule.
  std::optional<std::string> solver;
  std::vector<std::string> solver_settings;

  // Reads a file. A key that is null counts as absent and has its class's default; Error naming
  // file, key, value and what is allowed, also for a class whose noise schedule is none of β.
  static SchedulerConfig load(const std::string& path);

  // The schedule as one JSON object, the same text for the same schedule in any language: the
  // fields above but the last four under their names, sorted, without blanks; numbers as decimals
  // without exponent, of the fewest digits that read back as the same double. Where there are
  // trained_betas they stand in place of beta_schedule, beta_start and beta_end, which then mean
  // nothing. The default is, in one line,
  //
  //   {"beta_end":0.02,"beta_schedule":"linear","beta_start":0.0001,"num_train_timesteps":1000,
  //   "prediction_type":"epsilon","rescale_betas_zero_snr":false,"set_alpha_to_one":true,
  //   "steps_offset":0,"timestep_spacing":"leading"}
  std::string canonical_json() const;
  // sha256 of canonical_json(), in hexadecimal: how files say which noise schedule they were made
  // with.
  std::string hash() const;
  // What the configuration asks for that sampling does not do, one sentence each. clipped: whether
  // predictions are clipped.
  std::vector<std::string> not_applied(bool clipped) const;
};

}  // namespace hspace
