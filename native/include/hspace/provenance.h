#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hspace/bottleneck.h"
#include "hspace/conditioning.h"
#include "hspace/export.h"
#include "hspace/model.h"

namespace hspace HSPACE_API {

// "after", "before" or "middle".
const char* injection_point_name(InjectionPoint point);
// And back; Error naming the three.
InjectionPoint parse_injection_point(const std::string& name);

// How the noise z of a trajectory's steps comes from its seed. kBrownian: increments of one
// Brownian path a seed, so that a coarse step's noise is the weighted sum of the finer steps', and
// a seed shows much the same at any number of them. kSteps: a draw of its own for each step, so
// that a seed is another image at another number of steps.
enum class StepNoise { kBrownian, kSteps };

// "brownian" or "steps".
const char* step_noise_name(StepNoise noise);

// Which image a trajectory was inverted from.
struct ImageSource {
  std::string name;    // file name without directories
  std::string sha256;  // of the file's bytes, in hexadecimal; empty where there is no file
};

// Where a trajectory or a direction comes from, as written into its file.
struct Provenance {
  // Model::hash().
  std::string model_hash;
  // SchedulerConfig::hash().
  std::optional<std::string> scheduler_hash;
  // η at each step (T).
  std::vector<double> eta;
  // Where h was read.
  InjectionPoint h_space = InjectionPoint::kAfter;
  // Of the rows (N): their seeds, or the images that they were inverted from.
  std::optional<std::vector<int64_t>> seeds;
  std::optional<std::vector<ImageSource>> images;
  // How trajectories came about: sample, ddim or ddpm.
  std::optional<std::string> method;
  // Version of this software.
  std::optional<std::string> tool_version;
  // Whether noise followed the Python reference.
  bool reference_seeds = false;
  // How z comes from the seeds; kSteps too where files say nothing, as those of version 0.1 did.
  StepNoise noise = StepNoise::kSteps;
  // What was done to the predictions; absent for nothing.
  std::optional<Clipping> clipping;
  // Prompt, guidance and class; empty for none.
  Conditioning conditioning;
  // Model::text_hash() of what read the prompt.
  std::optional<std::string> text_hash;
  // Further facts of a direction: the text of one JSON object.
  std::optional<std::string> details;

  // Inference steps T.
  int64_t steps() const { return static_cast<int64_t>(eta.size()); }

  // One JSON object without blanks, fields in this order, those that are absent left out:
  // model_hash, scheduler_hash, steps, eta, h_space, seeds, images (objects of name and sha256),
  // method, tool_version, reference_seeds, noise (unless it is steps), clip (an object of
  // clip_sample_range, or of dynamic_thresholding_ratio and sample_max_value, and posterior),
  // conditioning (an object of prompt and negative, objects of text and tokens; guidance;
  // class_label), text_hash, details.
  std::string json() const;
  // Reads that; null counts as absent. FileError naming `where`, the file, and the field that is
  // missing or wrong.
  static Provenance parse(const std::string& json, const std::string& where);

  // Of directions found on such trajectories: without seeds and images. kind: pca, jacobian,
  // examples, attribute, disentangled or combined. facts: the text of a JSON object with the
  // method's options and figures; Error when it is none.
  Provenance of_directions(const std::string& kind, const std::string& facts) const;

  // Refuses another model, or another noise schedule or text encoder, on which a trajectory
  // depends. where: the file that this comes from. An Error of kind kMismatch names both hashes.
  void check_model(const Model& model, const std::string& where) const;
  void check_text(const Model& model, const std::string& where) const;
  void check_scheduler(const Model& model, const std::string& where) const;
};

}  // namespace hspace
