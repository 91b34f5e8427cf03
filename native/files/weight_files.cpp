#include "files/weight_files.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "files/json_object.h"
#include "files/text.h"
#include "hspace/error.h"

namespace hspace {

namespace {

namespace fs = std::filesystem;

constexpr const char* kExtension = ".safetensors";

// Which weights a directory offers, for the error that says that none of them is the one asked for.
struct Offer {
  bool has_bin = false;
  std::set<std::string> variants;  // "" is the default
};

Offer look_around(const fs::path& directory, const std::string& stem) {
  Offer offer;
  const std::string index = stem + kExtension + ".index";
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(stem, 0) != 0) continue;
    const std::string extension = entry.path().extension().string();
    if (extension == ".bin") offer.has_bin = true;
    if (extension == ".json" && name.rfind(index, 0) == 0) {  // <index>[.VARIANT].json
      const size_t length = name.size() - index.size() - extension.size();
      offer.variants.insert(length > 0 ? name.substr(index.size() + 1, length - 1) : "");
    }
    const bool shard = name.find("-of-") != std::string::npos;
    if (extension == kExtension && !shard) {  // <stem>[.VARIANT].safetensors
      const size_t length = name.size() - stem.size() - extension.size();
      offer.variants.insert(length > 0 ? name.substr(stem.size() + 1, length - 1) : "");
    }
  }
  return offer;
}

[[noreturn]] void refuse(const std::string& directory, const std::string& wanted,
                         const std::string& variant, const std::string& stem) {
  const Offer offer = look_around(directory, stem);
  std::string message = directory + ": expected " + wanted;
  if (offer.has_bin && offer.variants.empty()) {
    throw FileError(message +
                    ", found only .bin weights; convert them with: tools/convert_weights " +
                    directory);
  }
  if (offer.variants.empty()) throw FileError(message + " or its index, found no weights");
  std::string found;
  for (const std::string& name : offer.variants) {
    found +=
        (found.empty() ? "" : ", ") + (name.empty() ? std::string("the default") : in_quotes(name));
  }
  throw FileError(message + " (" +
                  (variant.empty() ? "the default variant" : "variant " + in_quotes(variant)) +
                  "), found these variants: " + found);
}

std::map<std::string, std::string> read_index(const std::string& path) {
  const JsonObject index(path);
  const nlohmann::json* map = index.find("weight_map");
  if (map == nullptr || !map->is_object()) index.refuse("weight_map", "an object", map);
  std::map<std::string, std::string> shard_of;
  for (const auto& [key, shard] : map->items()) {
    // A shard lies beside its index: a path could lead anywhere.
    if (!shard.is_string() || shard.get<std::string>().find('/') != std::string::npos) {
      index.refuse("weight_map", "a file name for " + in_quotes(key), &shard);
    }
    shard_of[key] = shard.get<std::string>();
  }
  if (shard_of.empty()) index.fail("weight_map: expected at least one tensor, found none");
  return shard_of;
}

std::vector<SafetensorsFile> open_shards(const fs::path& directory, const std::string& index_path) {
  const auto shard_of = read_index(index_path);
  std::set<std::string> names;
  for (const auto& entry : shard_of) names.insert(entry.second);

  std::vector<SafetensorsFile> files;
  std::map<std::string, std::string> found_in;  // key -> shard
  std::string problems;
  for (const std::string& name : names) {
    const fs::path path = directory / name;
    if (!fs::exists(path)) {
      problems += "\n  missing shard: " + name;
      continue;
    }
    files.emplace_back(path.string());
    for (const std::string& key : files.back().names()) {
      const auto [first, is_new] = found_in.emplace(key, name);
      if (!is_new)
        problems += "\n  key in two shards: " + key + ": " + first->second + " and " + name;
    }
  }
  for (const auto& [key, shard] : shard_of) {
    const auto found = found_in.find(key);
    const bool missing_shard = !fs::exists(directory / shard);
    if (!missing_shard && (found == found_in.end() || found->second != shard)) {
      problems += "\n  key not in its shard: " + key + ": " + shard;
    }
  }
  if (!problems.empty()) throw FileError(index_path + " does not fit its shards:" + problems);
  return files;
}

}  // namespace

std::vector<SafetensorsFile> open_weight_files(const std::string& directory,
                                               const std::string& variant,
                                               const std::string& stem) {
  const fs::path path = directory;
  const std::string suffix = variant.empty() ? "" : "." + variant;
  const std::string name = stem + suffix + kExtension;
  const std::string index = stem + kExtension + ".index" + suffix + ".json";
  try {
    if (!fs::is_directory(path)) throw FileError(directory + " is not a directory");
    if (fs::exists(path / name)) return {SafetensorsFile((path / name).string())};
    if (fs::exists(path / index)) return open_shards(path, (path / index).string());
    refuse(directory, name, variant, stem);
  } catch (const fs::filesystem_error& e) {
    throw FileError("cannot read " + e.path1().string() + ": " + e.code().message());
  }
}

}  // namespace hspace
