#pragma once

#include <string>

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

  // Finds them the way diffusers does, in any of
  //
  //   DIR/model_index.json  DIR/unet/config.json   DIR/scheduler/scheduler_config.json
  //   DIR/model_index.json  DIR/config.json        DIR/scheduler_config.json       (all flat)
  //   DIR/config.json       DIR/scheduler_config.json, DIR/scheduler/ or DIR/../scheduler/
  //   DIR/snapshots/REV/    any of these, REV as in DIR/refs/main or the only one   (a hub cache)
  //
  // where model_index.json may be missing. Error, in one line: when there is no such directory,
  // when a part is missing (there is no default noise schedule: a wrong one makes wrong pictures
  // silently), or when model_index.json names components that this library does not have, with what
  // the pipeline would need.
  static ModelDirectory find(const std::string& path);
};

}  // namespace hspace
