#include "hspace/scheduler_config.h"

#include <cfloat>
#include <map>

#include "files/json_object.h"
#include "files/json_text.h"
#include "files/mapped_file.h"
#include "files/sha256.h"
#include "files/text.h"
#include "pipeline/scheduler_class.h"

namespace hspace {

namespace {

using Names = std::vector<const char*>;

constexpr int64_t kMostTrainTimesteps = 1'000'000;

// Python writes numbers that JSON has not; as settings of a scheduler they mean "no limit", as null
// does.
JsonObject read_python_json(const std::string& path) {
  const MappedFile file(path);
  std::string text(reinterpret_cast<const char*>(file.data()), file.size());
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && quoted)
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    if (quoted) continue;
    for (const std::string word : {"-Infinity", "Infinity", "NaN"}) {
      if (text.compare(i, word.size(), word) == 0) text.replace(i, word.size(), "null");
    }
  }
  return JsonObject::parse(text, path);
}

std::string one_of(const JsonObject& json, const char* key, const std::string& fallback,
                   const Names& names) {
  JsonObject::Choices<std::string> choices;
  for (const char* name : names) choices.emplace_back(name, name);
  return json.choice(key, fallback, choices);
}

std::optional<std::vector<double>> read_trained_betas(const JsonObject& json, int64_t count) {
  if (!json.contains("trained_betas")) return std::nullopt;
  const std::vector<double> betas = json.numbers("trained_betas");
  for (const double beta : betas) {
    if (!(beta >= 0 && beta <= 1))
      json.refuse("trained_betas", "numbers from 0 to 1", json.find("trained_betas"));
  }
  if (static_cast<int64_t>(betas.size()) != count) {
    json.fail("trained_betas: expected num_train_timesteps = " + std::to_string(count) +
              " values, found " + std::to_string(betas.size()) + " values");
  }
  return betas;
}

std::optional<Clipping> read_clipping(const JsonObject& json, const SchedulerClass& kind) {
  const bool posterior = kind.is_ddpm();
  const bool clamp = json.boolean("clip_sample", kind.clip_sample);
  const double range = json.number("clip_sample_range", 1, 0, FLT_MAX);
  const double ratio = json.number("dynamic_thresholding_ratio", 0.995, 0, 1);
  const double maximum = json.number("sample_max_value", 1, 0, FLT_MAX);
  if (json.boolean("thresholding", false)) return Clipping::thresholding(ratio, maximum, posterior);
  if (!clamp) return std::nullopt;
  if (range == 0)
    json.refuse("clip_sample_range", "a number above 0", json.find("clip_sample_range"));
  return Clipping::clamp(range, posterior);
}

// DDIMScheduler has no such setting, and the two posterior variances are that of η = 1.
std::optional<std::string> read_variance_type(const JsonObject& json, bool ddpm) {
  const std::string type = json.text("variance_type", "fixed_small");
  const bool posterior = type == "fixed_small" || type == "fixed_small_log";
  return posterior || !ddpm ? std::nullopt : std::optional(type);
}

}  // namespace

Clipping Clipping::clamp(double range, bool posterior) {
  return {range, std::nullopt, std::nullopt, posterior};
}

Clipping Clipping::thresholding(double ratio, double maximum, bool posterior) {
  return {std::nullopt, ratio, maximum, posterior};
}

std::string Clipping::describe() const {
  if (!range) return "thresholding at the " + decimal(*ratio) + " quantile";
  return "clip_sample to [-" + decimal(*range) + ", " + decimal(*range) + "]";
}

SchedulerConfig SchedulerConfig::load(const std::string& path) {
  const JsonObject json = read_python_json(path).without_nulls();
  const SchedulerClass kind = SchedulerClass::of(json);
  SchedulerConfig config;
  config.num_train_timesteps =
      json.integer("num_train_timesteps", config.num_train_timesteps, 1, kMostTrainTimesteps);
  config.beta_schedule = one_of(json, "beta_schedule", kind.beta_schedule,
                                {"linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "exp"});
  config.beta_start = json.number("beta_start", kind.beta_start, 0, 1);
  config.beta_end = json.number("beta_end", kind.beta_end, 0, 1);
  config.trained_betas = read_trained_betas(json, config.num_train_timesteps);
  const bool to_zero = one_of(json, "final_sigmas_type", "zero", {"sigma_min", "zero"}) == "zero";
  config.set_alpha_to_one = json.boolean("set_alpha_to_one", kind.set_alpha_to_one && to_zero);
  config.steps_offset =
      json.integer("steps_offset", config.steps_offset, 0, config.num_train_timesteps - 1);
  config.timestep_spacing =
      one_of(json, "timestep_spacing", kind.timestep_spacing, {"leading", "linspace", "trailing"});
  config.prediction_type = one_of(json, "prediction_type", config.prediction_type,
                                  {"epsilon", "sample", "v_prediction"});
  config.rescale_betas_zero_snr =
      json.boolean("rescale_betas_zero_snr", config.rescale_betas_zero_snr);
  config.clipping = read_clipping(json, kind);
  config.variance_type = read_variance_type(json, kind.is_ddpm());
  if (!kind.is_ours()) config.solver = kind.name;
  config.solver_settings = moved_by_solver(json);
  if (config.rescale_betas_zero_snr && config.prediction_type == "epsilon") {
    json.fail(
        "rescale_betas_zero_snr: expected false with prediction_type epsilon (x_0 cannot be had "
        "from ε where ᾱ = 0), found true");
  }
  if (config.rescale_betas_zero_snr && config.num_train_timesteps < 2)
    json.fail("rescale_betas_zero_snr: expected false with one training timestep, found true");
  return config;
}

std::string SchedulerConfig::canonical_json() const {
  const auto flag = [](bool value) -> std::string { return value ? "true" : "false"; };
  std::map<std::string, std::string> fields = {
      {"num_train_timesteps", std::to_string(num_train_timesteps)},
      {"prediction_type", in_quotes(prediction_type)},
      {"rescale_betas_zero_snr", flag(rescale_betas_zero_snr)},
      {"set_alpha_to_one", flag(set_alpha_to_one)},
      {"steps_offset", std::to_string(steps_offset)},
      {"timestep_spacing", in_quotes(timestep_spacing)}};
  if (trained_betas) {
    fields["trained_betas"] = json_list(*trained_betas, decimal);
  } else {
    fields["beta_schedule"] = in_quotes(beta_schedule);
    fields["beta_start"] = decimal(beta_start);
    fields["beta_end"] = decimal(beta_end);
  }
  return json_object(fields);
}

std::string SchedulerConfig::hash() const {
  const std::string text = canonical_json();
  return Sha256::of(text.data(), text.size());
}

std::vector<std::string> SchedulerConfig::not_applied(bool clipped) const {
  std::vector<std::string> remarks;
  if (clipping && !clipped)
    remarks.push_back(clipping->describe() + " is not applied (--clip applies it)");
  if (variance_type) {
    remarks.push_back("variance_type " + *variance_type +
                      " is not applied (the noise of a step is η's)");
  }
  if (solver)
    remarks.push_back("the steps of " + *solver +
                      " are not taken, but DDIM's or DDPM's, as η says");
  for (const std::string& setting : solver_settings) {
    remarks.push_back(setting + " is not applied (timesteps are those of timestep_spacing " +
                      timestep_spacing + ")");
  }
  return remarks;
}

}  // namespace hspace
