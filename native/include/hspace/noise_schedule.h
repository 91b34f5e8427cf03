#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hspace/export.h"
#include "hspace/scheduler_config.h"

namespace hspace HSPACE_API {

// What the network's output is: the noise ε, the velocity v = √ᾱ ε - √(1-ᾱ) x_0, or x_0 itself.
enum class PredictionType { kEpsilon, kVPrediction, kSample };

// A part of the trajectory as fractions of its steps: 0 is before the first step (largest
// timestep), 1 after the last. Step i of T stands for its middle, (i + 1/2)/T, so windows that meet
// without overlapping share no step and miss none.
struct Window {
  double from = 0;
  double to = 1;

  // Error unless 0 <= from <= to <= 1.
  static Window of(double from, double to);
  // Reads "FROM-TO", for instance "0.2-0.8".
  static Window parse(const std::string& text);
  // Whether step i (0 is the largest timestep) of T lies inside.
  bool contains(int64_t step, int64_t steps) const;
  // The form that parse() reads.
  std::string text() const;
};

// The timesteps that sampling and inversion visit, largest first, with ᾱ at both ends of each step.
//
// Step i goes from timesteps[i] to timesteps[i + 1]; the last step ends at the image. Both
// directions use this one lattice, so ᾱ of the end of a step is ᾱ of the start of the next.
// (diffusers' DDIM takes t - N/T for the end of a step instead, which is the same for the spacing
// "leading".)
struct Lattice {
  std::vector<int64_t> timesteps;          // (T) descending
  std::vector<double> alpha_bar;           // (T) at the start of each step
  std::vector<double> alpha_bar_previous;  // (T) at its end; the last is the scheduler's final ᾱ

  int64_t steps() const { return static_cast<int64_t>(timesteps.size()); }
  // σ_t of step i: η √((1-ᾱ_p)/(1-ᾱ_t)) √(1-ᾱ_t/ᾱ_p); zero where ᾱ_p = ᾱ_t or ᾱ_p = 1.
  double sigma(int64_t step, double eta) const;
  // Whether any step adds noise. eta (T)
  bool adds_noise(const std::vector<double>& eta) const;
};

// ᾱ_t of a diffusion model, and the lattices cut from it.
//
// β and ᾱ are formed in single precision by the same LibTorch operators as diffusers' DDIMScheduler
// uses, so that they are equal to its values; everything after is in double precision.
class NoiseSchedule {
 public:
  explicit NoiseSchedule(SchedulerConfig config);

  // Number of training timesteps N.
  int64_t train_timesteps() const { return static_cast<int64_t>(alpha_bar_.size()); }
  // For a training timestep from 0 to N - 1; Error for others.
  double alpha_bar(int64_t timestep) const;
  // At the end of the last step: 1 or ᾱ_0, as set_alpha_to_one says.
  double final_alpha_bar() const;
  PredictionType prediction_type() const;
  // The T timesteps of DDIMScheduler.set_timesteps for the configuration's spacing. Error unless
  // 1 <= T <= N, and when the offset pushes a timestep out of the training range.
  Lattice lattice(int64_t steps) const;
  // A lattice of the given timesteps; Error unless they are training timesteps, descending.
  Lattice lattice(const std::vector<int64_t>& timesteps) const;

 private:
  std::vector<int64_t> spaced(int64_t steps) const;

  SchedulerConfig config_;
  std::vector<double> alpha_bar_;  // (N)
};

// How much noise each step adds: η = 0 is DDIM, η = 1 is DDPM. Either one value inside a window of
// the trajectory and 0 outside, or an explicit list. As text:
//
//   1              η = 1 at every step
//   0.5@0.2-0.8    η = 0.5 inside that part of the trajectory (0 = first step, 1 = last)
//   start:1:0.4    η = 1 in the first 0.4 of the trajectory (largest timesteps); end:1:0.4 in the
//                  last
//   1,1,0.5,0,0    one value a step, first step first
class EtaSchedule {
 public:
  // DDIM.
  EtaSchedule() = default;
  // The same η at every step. Error, here as in the others, unless it is from 0 to 1.
  static EtaSchedule constant(double eta);
  static EtaSchedule within(double eta, const Window& window);
  // One value a step, first step (largest timestep) first; at least one.
  static EtaSchedule list(std::vector<double> values);
  // Reads the text form; Error when it is none of the above.
  static EtaSchedule parse(const std::string& text);

  // η at each of T steps; Error when an explicit list has another length.
  std::vector<double> values(int64_t steps) const;
  // A form that parse() reads.
  std::string text() const;

 private:
  EtaSchedule(double eta, const Window& window, std::vector<double> list);

  double eta_ = 0;
  Window window_;
  std::vector<double> list_;  // empty unless explicit
};

}  // namespace hspace
