#include "hspace/noise_schedule.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cumprod.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>

#include "hspace/error.h"

namespace hspace {

namespace {

// f(s) = cos²((s + 0.008)/1.008 · π/2)
double squared_cosine(double s) {
  const double cosine = std::cos((s + 0.008) / 1.008 * M_PI / 2);
  return cosine * cosine;
}

// β_i = min(1 - f((i+1)/N)/f(i/N), 0.999): Nichol and Dhariwal 2021, Eq 17.
std::vector<double> cosine_betas(int64_t count) {
  const auto n = static_cast<double>(count);
  std::vector<double> betas;
  for (int64_t i = 0; i < count; ++i) {
    const auto s = static_cast<double>(i);
    betas.push_back(std::min(1 - squared_cosine((s + 1) / n) / squared_cosine(s / n), 0.999));
  }
  return betas;
}

at::Tensor single(const std::vector<double>& values) { return at::tensor(values).to(at::kFloat); }

// (N)
at::Tensor betas(const SchedulerConfig& config) {
  const int64_t n = config.num_train_timesteps;
  if (config.trained_betas) return single(*config.trained_betas);
  const double start = config.beta_start, end = config.beta_end;
  if (config.beta_schedule == "linear") return at::linspace(start, end, n, at::kFloat);
  if (config.beta_schedule == "scaled_linear")
    return at::linspace(std::sqrt(start), std::sqrt(end), n, at::kFloat).square();
  if (config.beta_schedule == "squaredcos_cap_v2") return single(cosine_betas(n));
  if (config.beta_schedule == "sigmoid")
    return at::linspace(-6, 6, n, at::kFloat).sigmoid() * (end - start) + start;
  if (config.beta_schedule == "exp")  // ᾱ = exp(-12 t / N)
    return at::full({n}, 1 - std::exp(-12.0 / static_cast<double>(n)), at::kFloat);
  throw Error(
      "beta_schedule: expected linear, scaled_linear, squaredcos_cap_v2, sigmoid or exp, found " +
      config.beta_schedule);
}

at::Tensor one_minus(const at::Tensor& t) { return t.neg().add(1.0); }

// The β shifted and scaled so that √ᾱ of the last timestep is 0 and of the first unchanged: Lin et
// al. 2023, Algorithm 1.
at::Tensor with_zero_snr(const at::Tensor& betas) {
  const int64_t n = betas.size(0);
  if (n < 2) throw Error("rescale_betas_zero_snr: expected at least 2 training timesteps, found 1");
  const at::Tensor root = at::cumprod(one_minus(betas), 0).sqrt();  // √ᾱ (N)
  const at::Tensor first = root.narrow(0, 0, 1), last = root.narrow(0, n - 1, 1);
  const at::Tensor alpha_bar = ((root - last) * (first / (first - last))).square();
  const at::Tensor ratios = alpha_bar.narrow(0, 1, n - 1) / alpha_bar.narrow(0, 0, n - 1);
  return one_minus(at::cat({alpha_bar.narrow(0, 0, 1), ratios}));
}

std::vector<double> alpha_bars(const SchedulerConfig& config) {
  at::Tensor beta = betas(config);
  if (config.rescale_betas_zero_snr) beta = with_zero_snr(beta);
  const at::Tensor found = at::cumprod(one_minus(beta), 0).to(at::kDouble);
  const auto* values = found.const_data_ptr<double>();
  return {values, values + found.numel()};
}

// To the nearest whole number, halves to the even one, as NumPy and Python round.
int64_t rounded(double value) { return static_cast<int64_t>(std::nearbyint(value)); }

}  // namespace

double Lattice::sigma(int64_t step, double eta) const {
  const double alpha = alpha_bar.at(static_cast<size_t>(step));
  const double previous = alpha_bar_previous.at(static_cast<size_t>(step));
  if (eta == 0 || previous >= 1 || alpha >= previous) return 0;
  return eta * std::sqrt((1 - previous) / (1 - alpha)) * std::sqrt(1 - alpha / previous);
}

bool Lattice::adds_noise(const std::vector<double>& eta) const {
  for (size_t i = 0; i < eta.size(); ++i) {
    if (sigma(static_cast<int64_t>(i), eta[i]) > 0) return true;
  }
  return false;
}

NoiseSchedule::NoiseSchedule(SchedulerConfig config)
    : config_(std::move(config)), alpha_bar_(alpha_bars(config_)) {}

double NoiseSchedule::alpha_bar(int64_t timestep) const {
  if (timestep < 0 || timestep >= train_timesteps()) {
    throw Error("timestep: expected 0 to " + std::to_string(train_timesteps() - 1) + ", found " +
                std::to_string(timestep));
  }
  return alpha_bar_[static_cast<size_t>(timestep)];
}

double NoiseSchedule::final_alpha_bar() const {
  return config_.set_alpha_to_one ? 1 : alpha_bar_[0];
}

PredictionType NoiseSchedule::prediction_type() const {
  if (config_.prediction_type == "epsilon") return PredictionType::kEpsilon;
  if (config_.prediction_type == "v_prediction") return PredictionType::kVPrediction;
  if (config_.prediction_type == "sample") return PredictionType::kSample;
  throw Error("prediction_type: expected epsilon, sample or v_prediction, found " +
              config_.prediction_type);
}

Lattice NoiseSchedule::lattice(int64_t steps) const {
  if (steps < 1 || steps > train_timesteps()) {
    throw Error("steps: expected 1 to " + std::to_string(train_timesteps()) + ", found " +
                std::to_string(steps));
  }
  return lattice(spaced(steps));
}

Lattice NoiseSchedule::lattice(const std::vector<int64_t>& timesteps) const {
  if (timesteps.empty()) throw Error("timesteps: expected at least one, found none");
  Lattice made;
  made.timesteps = timesteps;
  for (size_t i = 0; i < timesteps.size(); ++i) {
    const int64_t t = timesteps[i];
    if (t < 0 || t >= train_timesteps() || (i > 0 && t >= timesteps[i - 1])) {
      throw Error("timesteps: expected values from " + std::to_string(train_timesteps() - 1) +
                  " down to 0, found " + std::to_string(t) + " at step " + std::to_string(i));
    }
    made.alpha_bar.push_back(alpha_bar_[static_cast<size_t>(t)]);
  }
  made.alpha_bar_previous.assign(made.alpha_bar.begin() + 1, made.alpha_bar.end());
  made.alpha_bar_previous.push_back(final_alpha_bar());
  return made;
}

std::vector<int64_t> NoiseSchedule::spaced(int64_t steps) const {
  const int64_t n = train_timesteps();
  const auto total = static_cast<double>(n), count = static_cast<double>(steps);
  std::vector<int64_t> timesteps;
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t from_end = steps - 1 - i;
    if (config_.timestep_spacing == "leading") {
      timesteps.push_back(from_end * (n / steps) + config_.steps_offset);
    } else if (config_.timestep_spacing == "trailing") {
      timesteps.push_back(rounded(total - static_cast<double>(i) * (total / count)) - 1);
    } else if (config_.timestep_spacing == "linspace") {
      const double ratio = steps == 1 ? 0 : (total - 1) / (count - 1);
      timesteps.push_back(rounded(static_cast<double>(from_end) * ratio));
    } else {
      throw Error("timestep_spacing: expected leading, linspace or trailing, found " +
                  config_.timestep_spacing);
    }
  }
  return timesteps;
}

}  // namespace hspace
