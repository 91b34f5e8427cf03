#include "files/json_object.h"

#include <cfloat>
#include <cmath>

#include "files/mapped_file.h"
#include "files/text.h"
#include "hspace/error.h"

namespace hspace {

using nlohmann::json;

namespace {

// Whoever walks through a value calls itself once a level.
constexpr int kDeepest = 200;
// An ordered object takes a look at all earlier fields for each.
constexpr size_t kMostOrderedFields = 10'000;
// Characters of a value that a message quotes.
constexpr size_t kShown = 60;

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
  if (minimum == INT64_MIN && maximum == INT64_MAX) return "of 64 bits";
  if (maximum == INT64_MAX) return "of at least " + std::to_string(minimum);
  return "from " + std::to_string(minimum) + " to " + std::to_string(maximum);
}

std::string range_text(double minimum, double maximum) {
  if (maximum >= FLT_MAX) return "of at least " + decimal(minimum);
  return "from " + decimal(minimum) + " to " + decimal(maximum);
}

bool is_line(const std::string& text) {
  return text.find_first_not_of(' ') != std::string::npos && one_line(text) == text;
}

std::string shown(const json* found) {
  if (found == nullptr) return "nothing";
  return shortened(one_line(found->dump(-1, ' ', false, json::error_handler_t::replace)), kShown);
}

template <typename Json>
Json parse(const char* begin, const char* end, const std::string& place, size_t most_fields) {
  size_t fields = 0;
  const auto within_limits = [&](int depth, typename Json::parse_event_t event, Json&) {
    if (depth > kDeepest) {
      throw FileError(place + ": expected JSON of at most " + std::to_string(kDeepest) +
                      " levels, found more");
    }
    if (event == Json::parse_event_t::key && ++fields > most_fields) {
      throw FileError(place + ": expected at most " + std::to_string(most_fields) +
                      " fields, found more");
    }
    return true;
  };
  try {
    return Json::parse(begin, end, within_limits);
  } catch (const typename Json::parse_error& e) {
    throw FileError(place + " is not valid JSON (at byte " + std::to_string(e.byte) + ")");
  } catch (const typename Json::exception&) {
    throw FileError(place + " holds a number out of range");
  }
}

json parse_file(const std::string& path) {
  const MappedFile file(path);
  return parse_json(file.data(), file.data() + file.size(), path);
}

}  // namespace

json parse_json(const char* begin, const char* end, const std::string& place) {
  return parse<json>(begin, end, place, SIZE_MAX);
}

nlohmann::ordered_json parse_ordered_json(const std::string& text, const std::string& place) {
  return parse<nlohmann::ordered_json>(text.data(), text.data() + text.size(), place,
                                       kMostOrderedFields);
}

JsonObject::JsonObject(std::string place, json object)
    : place_(std::move(place)), object_(std::move(object)) {
  if (!object_.is_object()) fail("expected a JSON object, found " + shown(&object_));
}

JsonObject JsonObject::parse(const std::string& text, const std::string& place) {
  return JsonObject(place, parse_json(text.data(), text.data() + text.size(), place));
}

JsonObject::JsonObject(const std::string& path) : JsonObject(path, parse_file(path)) {}

JsonObject JsonObject::without_nulls() const {
  json kept = json::object();
  for (const auto& [key, value] : object_.items()) {
    if (!value.is_null()) kept[key] = value;
  }
  return JsonObject(place_, std::move(kept));
}

std::string JsonObject::item_name(const std::string& key, size_t item) {
  return key + "[" + std::to_string(item) + "]";
}

const json& JsonObject::list(const std::string& key, const char* expected) const {
  const json* value = find(key);
  if (value == nullptr || !value->is_array()) refuse(key, expected, value);
  return *value;
}

int64_t JsonObject::integer_of(const std::string& key, const json* value, int64_t minimum,
                               int64_t maximum, const char* instead) const {
  const auto number = value == nullptr ? std::nullopt : as_integer(*value);
  if (!number || *number < minimum || *number > maximum)
    refuse(key, instead + ("a whole number " + range_text(minimum, maximum)), value);
  return *number;
}

int64_t JsonObject::integer(const std::string& key, int64_t minimum, int64_t maximum) const {
  return integer_of(key, find(key), minimum, maximum);
}

int64_t JsonObject::integer(const std::string& key, int64_t fallback, int64_t minimum,
                            int64_t maximum) const {
  return contains(key) ? integer(key, minimum, maximum) : fallback;
}

std::optional<int64_t> JsonObject::optional_integer(const std::string& key,
                                                    std::optional<int64_t> fallback,
                                                    int64_t minimum, int64_t maximum) const {
  const json* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_null()) return std::nullopt;
  return integer_of(key, value, minimum, maximum, "null or ");
}

std::vector<int64_t> JsonObject::integers(const std::string& key, int64_t minimum,
                                          int64_t maximum) const {
  std::vector<int64_t> numbers;
  for (const json& item : list(key, "a list of whole numbers"))
    numbers.push_back(integer_of(item_name(key, numbers.size()), &item, minimum, maximum));
  return numbers;
}

std::vector<int64_t> JsonObject::integers(const std::string& key,
                                          const std::vector<int64_t>& fallback, int64_t minimum,
                                          int64_t maximum) const {
  return contains(key) ? integers(key, minimum, maximum) : fallback;
}

double JsonObject::number_of(const std::string& key, const json* value) const {
  if (value == nullptr || !value->is_number()) refuse(key, "a number", value);
  return value->get<double>();
}

double JsonObject::number(const std::string& key) const { return number_of(key, find(key)); }

double JsonObject::number(const std::string& key, double fallback) const {
  return contains(key) ? number(key) : fallback;
}

double JsonObject::number(const std::string& key, double fallback, double minimum,
                          double maximum) const {
  const json* value = find(key);
  if (value == nullptr) return fallback;
  const double number = value->is_number() ? value->get<double>() : NAN;
  if (!(number >= minimum && number <= maximum))
    refuse(key, "a number " + range_text(minimum, maximum), value);
  return number;
}

std::vector<double> JsonObject::numbers(const std::string& key) const {
  std::vector<double> numbers;
  for (const json& item : list(key, "a list of numbers"))
    numbers.push_back(number_of(item_name(key, numbers.size()), &item));
  return numbers;
}

std::vector<double> JsonObject::numbers(const std::string& key,
                                        const std::vector<double>& fallback) const {
  return contains(key) ? numbers(key) : fallback;
}

std::string JsonObject::text_of(const std::string& key, const json* value) const {
  if (value == nullptr || !value->is_string() || !is_line(value->get_ref<const std::string&>()))
    refuse(key, "a text of one line", value);
  return value->get<std::string>();
}

std::string JsonObject::text(const std::string& key) const { return text_of(key, find(key)); }

std::vector<std::string> JsonObject::texts(const std::string& key) const {
  std::vector<std::string> texts;
  for (const json& item : list(key, "a list of texts"))
    texts.push_back(text_of(item_name(key, texts.size()), &item));
  return texts;
}

std::string JsonObject::text(const std::string& key, const std::string& fallback) const {
  return contains(key) ? text(key) : fallback;
}

std::string JsonObject::any_text(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr || !value->is_string()) refuse(key, "a text", value);
  return value->get<std::string>();
}

bool JsonObject::boolean(const std::string& key, bool fallback) const {
  const json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) refuse(key, "true or false", value);
  return value->get<bool>();
}

std::optional<JsonObject> JsonObject::object(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  return JsonObject(place_ + ": " + key, *value);
}

std::vector<JsonObject> JsonObject::objects(const std::string& key) const {
  std::vector<JsonObject> objects;
  for (const json& item : list(key, "a list of objects"))
    objects.emplace_back(place_ + ": " + item_name(key, objects.size()), item);
  return objects;
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
                        const json* found) const {
  fail(one_line(key) + ": expected " + expected + ", found " + shown(found));
}

void JsonObject::fail(const std::string& reason) const { throw FileError(place_ + ": " + reason); }

}  // namespace hspace
