#include "hspace/model_directory.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "files/text.h"
#include "hspace/error.h"
#include "pipeline/pipeline_index.h"

namespace hspace {

namespace {

namespace fs = std::filesystem;

constexpr const char* kIndex = "model_index.json";
constexpr const char* kUNetConfig = "config.json";
constexpr const char* kSchedulerConfig = "scheduler_config.json";

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
  PipelineIndex index;
  if (has_index) index = PipelineIndex::read(root / kIndex);
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
  if (!has_index && !bare) index = PipelineIndex::of_folders(root);
  index.check_files(root);
  const auto place = [&](const std::string& part) { return (root / part).string(); };
  ModelDirectory found;
  found.root = root.string();
  found.unet = config->parent_path().string();
  found.scheduler = scheduler->string();
  found.pipeline_class = index.pipeline_class;
  if (index.autoencoder) found.autoencoder = place(*index.autoencoder);
  for (const std::string& part : index.text_encoders) found.text_encoders.push_back(place(part));
  for (const std::string& part : index.tokenizers) found.tokenizers.push_back(place(part));
  found.zeros_for_empty_prompt = index.zeros_for_empty_prompt;
  found.warnings = index.warnings;
  return found;
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
