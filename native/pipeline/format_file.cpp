#include "pipeline/format_file.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <set>

#include "files/json_object.h"
#include "files/text.h"
#include "hspace/error.h"
#include "pipeline/finite.h"

namespace hspace {

namespace {

// More training timesteps than any model has.
constexpr int64_t kMostTimesteps = 1'000'000;
// Characters of a string that a message quotes.
constexpr size_t kShown = 60;

std::string shown(const std::optional<std::string>& text) {
  return text ? shortened(one_line(*text), kShown) : "nothing";
}

bool is_floating(at::ScalarType type) {
  return type == at::kHalf || type == at::kBFloat16 || type == at::kFloat || type == at::kDouble;
}

bool is_whole(at::ScalarType type) {
  return type == at::kByte || type == at::kShort || type == at::kInt || type == at::kLong;
}

// [3, at least 1, 16]
std::string extents(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t extent : shape)
    text += (text.empty() ? "" : ", ") + (extent < 0 ? "at least 1" : std::to_string(extent));
  return "[" + text + "]";
}

bool fits(const at::Tensor& t, const std::vector<int64_t>& shape) {
  if (t.dim() != static_cast<int64_t>(shape.size())) return false;
  for (int64_t i = 0; i < t.dim(); ++i) {
    const int64_t expected = shape[static_cast<size_t>(i)];
    if (expected < 0 ? t.size(i) < 1 : t.size(i) != expected) return false;
  }
  return true;
}

}  // namespace

FormatFile::FormatFile(const std::string& path, const std::string& kind, const std::string& format)
    : file_(path) {
  const auto found = metadata("format");
  if (found != format) {
    throw FileError(path + ": expected " + kind + " (metadata format = " + format +
                    "), found format = " + shown(found));
  }
  const auto version = metadata("version");
  if (version.value_or("1") != "1")
    refuse("metadata 'version'", "1, all that this release reads", shown(version));
}

void FormatFile::refuse(const std::string& field, const std::string& expected,
                        const std::string& found) const {
  throw FileError(place() + ": " + field + ": expected " + expected + ", found " + found);
}

std::optional<std::string> FormatFile::metadata(const std::string& key) const {
  if (!file_.contains_metadata(key)) return std::nullopt;
  return file_.metadata(key);
}

Provenance FormatFile::provenance() const {
  const auto json = metadata("provenance");
  if (!json) refuse("metadata 'provenance'", "a JSON object", "nothing");
  return Provenance::parse(*json, place());
}

std::vector<std::string> FormatFile::names(const std::string& key) const {
  const std::string field = "metadata '" + key + "'";
  const auto json = metadata(key);
  if (!json) refuse(field, "a list of texts", "nothing");
  // The list as the field of an object, which has the getters.
  const std::string place = this->place() + ": " + field;
  nlohmann::json holder;
  holder["names"] = parse_json(json->data(), json->data() + json->size(), place);
  std::vector<std::string> names = JsonObject(place, std::move(holder)).texts("names");
  if (names.empty() || std::set<std::string>(names.begin(), names.end()).size() != names.size())
    refuse(field, "a JSON list of different names", shown(json));
  return names;
}

at::Tensor FormatFile::floats(const std::string& name, const std::vector<int64_t>& shape) const {
  return checked(name, Numbers::kFloating, shape);
}

at::Tensor FormatFile::finite(const std::string& name, const std::vector<int64_t>& shape) const {
  at::Tensor t = floats(name, shape);
  if (!all_finite(t)) refuse(name, "finite numbers", not_finite_text(t));
  return t;
}

std::vector<int64_t> FormatFile::timesteps(const std::string& name) const {
  const at::Tensor t = checked(name, Numbers::kWhole, {-1}).to(at::kLong);
  const auto* values = t.const_data_ptr<int64_t>();
  const std::vector<int64_t> found(values, values + t.numel());
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i] < 0 || found[i] >= kMostTimesteps) {
      refuse(name, "numbers from 0 to " + std::to_string(kMostTimesteps - 1),
             std::to_string(found[i]));
    }
    if (i > 0 && found[i] >= found[i - 1]) {
      refuse(name, "descending numbers",
             std::to_string(found[i]) + " after " + std::to_string(found[i - 1]));
    }
  }
  return found;
}

at::Tensor FormatFile::checked(const std::string& name, Numbers numbers,
                               const std::vector<int64_t>& shape) const {
  at::Tensor t = file_.tensor(name);
  const bool floating = numbers == Numbers::kFloating;
  if (!(floating ? is_floating(t.scalar_type()) : is_whole(t.scalar_type()))) {
    refuse(name, floating ? "floating-point numbers" : "integers", c10::toString(t.scalar_type()));
  }
  if (!fits(t, shape)) refuse(name, "shape " + extents(shape), extents(t.sizes().vec()));
  return t;
}

}  // namespace hspace
