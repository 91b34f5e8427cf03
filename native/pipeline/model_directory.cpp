#include "hspace/model_directory.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <vector>

#include "files/json_object.h"
#include "files/text.h"
#include "hspace/error.h"

namespace hspace {

namespace {

namespace fs = std::filesystem;

constexpr const char* kIndex = "model_index.json";
constexpr const char* kUNetConfig = "config.json";
constexpr const char* kSchedulerConfig = "scheduler_config.json";
constexpr const char* kUNetClass = "UNet2DModel";

// The components of a pipeline, name → class, without those that are null.
std::map<std::string, std::string> components(const JsonObject& index) {
  std::map<std::string, std::string> found;
  for (const auto& [name, value] : index.all().items()) {
    // "unet": ["diffusers", "UNet2DModel"]; other values are settings of the pipeline.
    if (name[0] == '_' || !value.is_array()) continue;
    const bool pair = value.size() == 2 && (value[1].is_null() || value[1].is_string());
    if (!pair) index.refuse(name, "a library and a class", &value);
    if (value[1].is_string()) found[name] = value[1].get<std::string>();
  }
  return found;
}

// A pipeline of a U-Net and a scheduler is one of pixels; whatever else it has takes part in making
// its pictures.
void require_pixel_pipeline(const fs::path& root) {
  const JsonObject index((root / kIndex).string());
  std::string unet;
  std::string others;
  for (const auto& [name, type] : components(index)) {
    if (name == "scheduler") continue;
    if (name == "unet" && type == kUNetClass) {
      unet = type;
    } else {
      others += (others.empty() ? "" : ", ") + name + " (" + type + ")";
    }
  }
  if (!unet.empty() && others.empty()) return;
  const std::string pipeline = index.text("_class_name", "pipeline");
  if (unet.empty() && others.empty()) {
    index.fail("unet: expected a component of class " + std::string(kUNetClass) + ", found none");
  }
  std::string message = "a " + pipeline + " would need " + others +
                        ", which hspace does not have: it runs pipelines of a " + kUNetClass +
                        " and a scheduler";
  if (!unet.empty() && fs::exists(root / "unet" / kUNetConfig)) {
    message += "; its U-Net alone, on latents, is " + (root / "unet").string();
  }
  index.fail(message);
}

std::optional<fs::path> first_existing(const std::vector<fs::path>& places) {
  for (const fs::path& place : places) {
    if (fs::is_regular_file(place)) return place;
  }
  return std::nullopt;
}

std::string first_word(const fs::path& file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

// The checked-out revision of models--OWNER--NAME in a hub cache.
fs::path snapshot(const fs::path& cache) {
  const fs::path snapshots = cache / "snapshots";
  const fs::path main = cache / "refs" / "main";
  if (fs::is_regular_file(main)) {
    const std::string revision = first_word(main);
    // A name, not a way out of the cache.
    const bool plain = !revision.empty() && fs::path(revision).filename() == revision;
    if (plain && fs::is_directory(snapshots / revision)) return snapshots / revision;
    throw FileError(main.string() + ": expected the name of a folder in " + snapshots.string() +
                    ", found " + in_quotes(revision) + "; the download is incomplete");
  }
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(snapshots)) {
    if (entry.is_directory()) all.push_back(entry.path());
  }
  if (all.size() == 1) return all[0];
  throw FileError(cache.string() + ": expected refs/main or one folder in snapshots/, found " +
                  std::to_string(all.size()) + "; name one of them");
}

// The directory without its last name, also where it is written "." or "dir/".
fs::path parent(const fs::path& directory) {
  const fs::path full = fs::absolute(directory).lexically_normal();
  return full.has_filename() ? full.parent_path() : full.parent_path().parent_path();
}

ModelDirectory find_parts(const fs::path& root) {
  const bool has_index = fs::is_regular_file(root / kIndex);
  if (has_index) require_pixel_pipeline(root);
  const auto config = first_existing({root / "unet" / kUNetConfig, root / kUNetConfig});
  if (!config) {
    throw FileError(root.string() + ": expected a diffusers model directory, but it has no " +
                    (has_index ? "" : std::string(kIndex) + ", no ") + "unet/" + kUNetConfig +
                    " and no " + kUNetConfig);
  }
  std::vector<fs::path> places = {root / "scheduler" / kSchedulerConfig, root / kSchedulerConfig};
  const bool bare = !has_index && *config == root / kUNetConfig;
  if (bare) places.push_back(parent(root) / "scheduler" / kSchedulerConfig);
  const auto scheduler = first_existing(places);
  if (!scheduler) {
    throw FileError(root.string() + ": it has a U-Net but no noise schedule: expected " +
                    places[0].string() + " or " + places[1].string() +
                    (bare ? " or " + places[2].string() : ""));
  }
  return {root.string(), config->parent_path().string(), scheduler->string()};
}

}  // namespace

ModelDirectory ModelDirectory::find(const std::string& path) {
  const fs::path root = path;
  try {
    if (!fs::is_directory(root)) {
      throw FileError(path + ": expected a model directory, found " +
                      (fs::exists(root) ? "a file" : "nothing"));
    }
    const bool cache = !fs::exists(root / kIndex) && !fs::exists(root / kUNetConfig) &&
                       fs::is_directory(root / "snapshots");
    return find_parts(cache ? snapshot(root) : root);
  } catch (const fs::filesystem_error& e) {
    throw FileError("cannot read " + e.path1().string() + ": " + e.code().message());
  }
}

}  // namespace hspace
