#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <system_error>

#include "files/text.h"
#include "hspace/direction_set.h"
#include "hspace/error.h"

namespace hspace {
namespace {

const std::string kSuffix = ".safetensors";

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

double strength_of(const std::string& text, const std::string& strength) {
  const std::optional<double> value = parse_number(strength);
  if (value && std::isfinite(*value)) return *value;
  throw Error("direction " + one_line(text) + ": expected a number after '=', found '" +
              one_line(strength) + "'");
}

// what() without the "hspace: " in front.
std::string without_prefix(const Error& error) {
  return std::string(error.what()).substr(sizeof "hspace: " - 1);
}

std::string folder(const Model& model) { return model.directory() + "/directions"; }

// The direction files of the model, sorted; none where there is no folder.
std::vector<std::string> files(const Model& model) {
  const std::filesystem::path place(folder(model));
  std::error_code failure;
  if (!std::filesystem::is_directory(place, failure)) return {};
  std::vector<std::string> found;
  std::filesystem::directory_iterator entry(place, failure);
  for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
    if (ends_with(entry->path().string(), kSuffix)) found.push_back(entry->path().string());
  }
  if (failure) throw FileError(place.string() + ": cannot be listed: " + failure.message());
  std::sort(found.begin(), found.end());
  return found;
}

// Number of the direction of a name that the set holds.
int64_t number_of(const DirectionSet& set, const std::string& name) {
  return std::find(set.names().begin(), set.names().end(), name) - set.names().begin();
}

// Number of the direction that `which` means in a set.
int64_t pick(const DirectionSet& set, const std::string& which) {
  if (which.empty()) {
    if (set.size() == 1) return 0;
    throw Error("direction: the file holds " + std::to_string(set.size()) +
                "; expected FILE:WHICH with one of " + joined(set.names()));
  }
  const bool number =
      which.size() <= 9 && which.find_first_not_of("0123456789") == std::string::npos;
  if (set.contains(which)) return number_of(set, which);
  if (!number) static_cast<void>(set.get(which));  // says which names there are
  return static_cast<int64_t>(std::stol(which));
}

// The set of the model's own that holds a name.
DirectionSet own_set(const Model& model, const DirectionSpec& spec) {
  std::set<std::string> known;
  for (const std::string& file : files(model)) {
    DirectionSet set = DirectionSet::open(file, model);
    if (set.contains(spec.which)) return set;
    known.insert(set.names().begin(), set.names().end());
  }
  throw Error(
      "direction " + one_line(spec.text) +
      (known.empty()
           ? ": expected FILE:WHICH, because " + folder(model) + " holds no directions by name"
           : ": expected one of " + joined(known) + " (in " + folder(model) + "), or FILE:WHICH"));
}

}  // namespace

DirectionSpec DirectionSpec::parse(const std::string& text) {
  DirectionSpec spec{text, {}, text, {}};
  const size_t equals = text.rfind('=');
  // One in front of the last colon, or of the file's suffix, belongs to the file's name.
  const size_t colon_behind = text.find(':', equals == std::string::npos ? 0 : equals);
  const bool in_name =
      (colon_behind != std::string::npos && colon_behind > 0) || ends_with(text, kSuffix);
  if (equals != std::string::npos && !in_name) {
    spec.which = text.substr(0, equals);
    spec.strength = strength_of(text, text.substr(equals + 1));
  }
  if (spec.which.empty()) {
    throw Error("direction: expected FILE:WHICH[=STRENGTH] or NAME[=STRENGTH], found '" +
                one_line(text) + "'");
  }
  const size_t colon = spec.which.rfind(':');
  if (colon != std::string::npos && colon > 0) {
    spec.file = spec.which.substr(0, colon);
    spec.which = spec.which.substr(colon + 1);
  } else if (ends_with(spec.which, kSuffix)) {
    spec.file = spec.which;
    spec.which.clear();
  }
  if (spec.file && spec.file->find('\0') != std::string::npos) {
    throw Error("direction " + one_line(text) + ": a file name cannot hold the character 0");
  }
  return spec;
}

void DirectionSpec::refuse_strength() const {
  if (strength) throw Error("direction " + one_line(text) + ": expected no strength here");
}

Direction DirectionSpec::resolve(const Model& model) const {
  if (!file) return own_set(model, *this).get(which);
  const DirectionSet set = DirectionSet::open(*file, model);
  try {
    return set.get(pick(set, which));
  } catch (const Error& e) {
    throw Error(one_line(text) + ": " + without_prefix(e), e.kind());
  }
}

Provenance DirectionSpec::provenance(const Model& model) const {
  return (file ? DirectionSet::open(*file, model) : own_set(model, *this)).provenance();
}

std::optional<double> DirectionSpec::suggested_strength(const Model& model) const {
  const DirectionSet set = file ? DirectionSet::open(*file, model) : own_set(model, *this);
  const int64_t k = file ? pick(set, which) : number_of(set, which);
  return k < set.size() ? set.suggested_strength(k) : std::nullopt;
}

Direction find_direction(const Model& model, const std::string& name) {
  const DirectionSpec spec = DirectionSpec::parse(name);
  spec.refuse_strength();
  return spec.resolve(model);
}

std::vector<std::string> direction_names(const Model& model) {
  std::set<std::string> names;
  for (const std::string& file : files(model)) {
    const DirectionSet set = DirectionSet::open(file, model);
    names.insert(set.names().begin(), set.names().end());
  }
  return {names.begin(), names.end()};
}

}  // namespace hspace
