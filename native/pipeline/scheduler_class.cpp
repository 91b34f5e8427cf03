#include "pipeline/scheduler_class.h"

#include "files/text.h"

namespace hspace {

namespace {

using Names = std::vector<const char*>;

struct Family {
  SchedulerClass defaults;
  Names names;
};

const std::vector<Family>& families() {
  // The solvers of σ end at σ = 0, which is ᾱ = 1.
  static const std::vector<Family> all = {
      {{"", "linear", 1e-4, 0.02, true, "leading", true},
       {"DDIMInverseScheduler", "DDIMParallelScheduler", "DDIMScheduler", "DDPMParallelScheduler",
        "DDPMScheduler"}},
      {{"", "linear", 1e-4, 0.02, false, "leading", false}, {"PNDMScheduler"}},
      {{"", "scaled_linear", 8.5e-4, 0.012, true, "leading", false},
       {"LCMScheduler", "TCDScheduler"}},
      {{"", "linear", 1e-4, 0.02, true, "linspace", false},
       {"DEISMultistepScheduler", "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler",
        "EulerAncestralDiscreteScheduler", "EulerDiscreteScheduler", "LMSDiscreteScheduler",
        "SASolverScheduler", "UniPCMultistepScheduler"}},
      {{"", "linear", 8.5e-4, 0.012, true, "linspace", false},
       {"DPMSolverSDEScheduler", "HeunDiscreteScheduler", "KDPM2AncestralDiscreteScheduler",
        "KDPM2DiscreteScheduler"}}};
  return all;
}

// Classes without ᾱ of whole timesteps, and what their noise schedule is.
struct OtherKind {
  const char* kind;
  Names names;
};

const std::vector<OtherKind>& other_kinds() {
  static const std::vector<OtherKind> all = {
      {"a flow",
       {"FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler",
        "FlowMatchLCMScheduler", "SCMScheduler"}},
      {"one of σ alone",
       {"CosineDPMSolverMultistepScheduler", "CMStochasticIterativeScheduler",
        "EDMDPMSolverMultistepScheduler", "EDMEulerScheduler", "KarrasVeScheduler",
        "ScoreSdeVeScheduler"}},
      {"one in continuous time", {"ScoreSdeVpScheduler"}}};
  return all;
}

void refuse_other_kinds(const JsonObject& json, const std::string& name) {
  for (const auto& [kind, names] : other_kinds()) {
    for (const char* other : names) {
      if (name != other) continue;
      json.refuse("_class_name", "a noise schedule of β, not " + std::string(kind),
                  json.find("_class_name"));
    }
  }
  for (const char* flow : {"use_flow_sigmas", "use_dynamic_shifting"}) {
    if (json.boolean(flow, false))
      json.refuse(flow, "false, a noise schedule of β, not a flow", json.find(flow));
  }
  if (json.text("timestep_type", "discrete") != "discrete") {
    json.refuse("timestep_type", "\"discrete\", the timesteps of the β",
                json.find("timestep_type"));
  }
}

}  // namespace

SchedulerClass SchedulerClass::of(const JsonObject& json) {
  const std::string name = json.text("_class_name", "DDPMScheduler");
  refuse_other_kinds(json, name);
  std::string known;
  for (const auto& [defaults, names] : families()) {
    for (const char* one : names) {
      known += (known.empty() ? "one of " : ", ") + std::string(one);
      if (name != one) continue;
      SchedulerClass found = defaults;
      found.name = name;
      return found;
    }
  }
  json.refuse("_class_name", known, json.find("_class_name"));
}

bool SchedulerClass::is_ddpm() const { return name.rfind("DDPM", 0) == 0; }
bool SchedulerClass::is_ours() const { return is_ddpm() || name.rfind("DDIM", 0) == 0; }

std::vector<std::string> moved_by_solver(const JsonObject& json) {
  std::vector<std::string> found;
  for (const char* name :
       {"use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas"}) {
    if (json.boolean(name, false)) found.emplace_back(name);
  }
  if (json.text("interpolation_type", "linear") != "linear")
    found.emplace_back("interpolation_type");
  if (json.contains("lambda_min_clipped")) found.emplace_back("lambda_min_clipped");
  return found;
}

}  // namespace hspace
