#pragma once

#include <string>
#include <vector>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// Where the parts of a denoising model lie.
struct ModelDirectory {
  // The directory that holds both: the snapshot of a hub cache, otherwise as given.
  std::string root;
  // The directory of the U-Net's config.json and weights.
  std::string unet;
  // The scheduler_config.json.
  std::string scheduler;
  // The directory of a latent model's autoencoder (vae/ or vqvae/); empty without one.
  std::string autoencoder;
  // The directories of the text encoders and of their tokenizers, in the pipeline's order; empty
  // without.
  std::vector<std::string> text_encoders;
  std::vector<std::string> tokenizers;
  // The pipeline's class; empty where no model_index.json says it.
  std::string pipeline_class;
  // Whether a missing negative prompt is all zeros (SDXL), instead of the empty text.
  bool zeros_for_empty_prompt = false;
  // Parts that are there and not used (a safety checker), one sentence each, without the end's
  // period.
  std::vector<std::string> warnings;

  // Finds them the way diffusers does, in any of
  //
  //   DIR/model_index.json  DIR/unet/config.json   DIR/scheduler/scheduler_config.json
  //   DIR/model_index.json  DIR/config.json        DIR/scheduler_config.json       (all flat)
  //   DIR/config.json       DIR/scheduler_config.json, DIR/scheduler/ or DIR/../scheduler/
  //   DIR/snapshots/REV/    any of these, REV as in DIR/refs/main or the only one   (a hub cache)
  //
  // where model_index.json may be missing; the parts are then those whose folders are there, and of
  // a bare U-Net (the third line) it alone. Error, in one line: when there is no such directory,
  // when a part or its files are missing (there is no default noise schedule: a wrong one makes
  // wrong pictures silently), when model_index.json names components that this library does not
  // have, with what the pipeline would need, or when it has no U-Net, and so no h-space.
  static ModelDirectory find(const std::string& path);
};

}  // namespace hspace
