#include "files/json_object.h"

#include <cmath>

#include "files/mapped_file.h"
#include "hspace/error.h"

namespace hspace {

using nlohmann::json;

namespace {

// Whole numbers may be written as 3 or 3.0.
std::optional<int64_t> as_integer(const json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    if (number == std::floor(number) && std::abs(number) < 1e15)
      return static_cast<int64_t>(number);
  }
  return std::nullopt;
}

std::string range_text(int64_t minimum, int64_t maximum) {
  if (maximum == INT64_MAX) return "of at least " + std::to_string(minimum);
  return "in [" + std::to_string(minimum) + ", " + std::to_string(maximum) + "]";
}

bool inside(const std::optional<int64_t>& number, int64_t minimum, int64_t maximum) {
  return number && *number >= minimum && *number <= maximum;
}

}  // namespace

JsonObject::JsonObject(const std::string& path) : path_(path) {
  const MappedFile file(path);
  try {
    object_ = json::parse(file.data(), file.data() + file.size());
  } catch (const json::parse_error& e) {
    throw Error(path + " is not valid JSON (at byte " + std::to_string(e.byte) + ")");
  } catch (const json::exception&) {
    throw Error(path + " holds a number out of range");
  }
  if (!object_.is_object())
    throw Error(path + ": expected a JSON object, found " + object_.type_name());
}

JsonObject::JsonObject(std::string place, json object)
    : path_(std::move(place)), object_(std::move(object)) {
  if (!object_.is_object())
    fail(std::string("expected a JSON object, found ") + object_.type_name());
}

int64_t JsonObject::integer(const std::string& key, int64_t fallback, int64_t minimum,
                            int64_t maximum) const {
  const json* value = find(key);
  if (value == nullptr) return fallback;
  const auto number = as_integer(*value);
  if (!inside(number, minimum, maximum))
    refuse(key, "an integer " + range_text(minimum, maximum), *value);
  return *number;
}

std::optional<int64_t> JsonObject::optional_integer(const std::string& key,
                                                    std::optional<int64_t> fallback,
                                                    int64_t minimum, int64_t maximum) const {
  const json* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_null()) return std::nullopt;
  const auto number = as_integer(*value);
  if (!inside(number, minimum, maximum))
    refuse(key, "null or an integer " + range_text(minimum, maximum), *value);
  return number;
}

std::vector<int64_t> JsonObject::integers(const std::string& key,
                                          const std::vector<int64_t>& fallback, int64_t minimum,
                                          int64_t maximum) const {
  const json* value = find(key);
  if (value == nullptr) return fallback;
  bool fits = value->is_array();
  std::vector<int64_t> numbers;
  if (fits) {
    for (const json& item : *value) {
      const auto number = as_integer(item);
      fits = fits && inside(number, minimum, maximum);
      if (fits) numbers.push_back(*number);
    }
  }
  if (!fits) refuse(key, "a list of integers " + range_text(minimum, maximum), *value);
  return numbers;
}

double JsonObject::number(const std::string& key, double fallback) const {
  const json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_number()) refuse(key, "a number", *value);
  return value->get<double>();
}

std::vector<double> JsonObject::numbers(const std::string& key,
                                        const std::vector<double>& fallback) const {
  const json* value = find(key);
  if (value == nullptr) return fallback;
  std::vector<double> numbers;
  if (value->is_array()) {
    for (const json& item : *value) {
      if (item.is_number()) numbers.push_back(item.get<double>());
    }
  }
  if (!value->is_array() || numbers.size() != value->size())
    refuse(key, "a list of numbers", *value);
  return numbers;
}

std::string JsonObject::text(const std::string& key, const std::string& fallback) const {
  const json* value = find(key);
  if (value == nullptr && fallback.empty()) fail("the key \"" + key + "\" is missing");
  if (value == nullptr) return fallback;
  if (!value->is_string() || value->get_ref<const std::string&>().empty())
    refuse(key, "a name", *value);
  return value->get<std::string>();
}

std::optional<JsonObject> JsonObject::object(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  return JsonObject(path_ + ": \"" + key + "\"", *value);
}

std::vector<JsonObject> JsonObject::objects(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) fail("the key \"" + key + "\" is missing");
  if (!value->is_array()) refuse(key, "a list of objects", *value);
  std::vector<JsonObject> objects;
  for (size_t i = 0; i < value->size(); ++i)
    objects.emplace_back(path_ + ": \"" + key + "\"[" + std::to_string(i) + "]", (*value)[i]);
  return objects;
}

bool JsonObject::boolean(const std::string& key, bool fallback) const {
  const json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) refuse(key, "true or false", *value);
  return value->get<bool>();
}

const json* JsonObject::find(const std::string& key) const {
  read_.insert(key);
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

std::vector<std::string> JsonObject::unread() const {
  std::vector<std::string> keys;
  for (const auto& item : object_.items()) {
    if (read_.count(item.key()) == 0) keys.push_back(item.key());
  }
  return keys;
}

void JsonObject::refuse(const std::string& key, const std::string& expected,
                        const json& found) const {
  std::string text = found.dump(-1, ' ', false, json::error_handler_t::replace);
  constexpr size_t kLongest = 100;
  if (text.size() > kLongest) text = "a long " + std::string(found.type_name());
  fail("\"" + key + "\": expected " + expected + ", found " + text);
}

void JsonObject::fail(const std::string& reason) const { throw Error(path_ + ": " + reason); }

}  // namespace hspace
