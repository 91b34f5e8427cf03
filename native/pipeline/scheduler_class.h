#pragma once

#include <string>
#include <vector>

#include "files/json_object.h"

namespace hspace {

// What a scheduler class of diffusers (0.36) means where its file is silent, as far as that says
// what the model was trained on and which timesteps are visited.
struct SchedulerClass {
  std::string name;
  const char* beta_schedule;
  double beta_start;
  double beta_end;
  bool set_alpha_to_one;
  const char* timestep_spacing;
  bool clip_sample;

  // The class of a scheduler_config.json, DDPMScheduler where it names none. FileError for a class
  // that is not known or whose noise schedule is of another kind (of σ alone, a flow), with the
  // reason, and for a setting that makes a known one of another kind, by name.
  static SchedulerClass of(const JsonObject& json);

  bool is_ddpm() const;
  // Whether its steps are those of η = 0 or 1, or of what lies between.
  bool is_ours() const;
};

// What a file asks of its own solver that moves or weighs its timesteps, names of settings:
// "use_karras_sigmas".
std::vector<std::string> moved_by_solver(const JsonObject& json);

}  // namespace hspace
