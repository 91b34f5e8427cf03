#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace hspace {

// A JSON object that somebody else may have written, read key by key. A getter returns a value of
// its type and range, or its fallback for a key that is not there; a getter without a fallback
// needs the key. What does not fit is a FileError naming place, key, expected and found value.
class JsonObject {
 public:
  // The object of a file.
  explicit JsonObject(const std::string& path);
  // The object that a text is; `place` is where errors say it stands.
  static JsonObject parse(const std::string& text, const std::string& place);
  // An object inside another.
  JsonObject(std::string place, nlohmann::json object);

  // The same without the fields that are null, where those count as absent.
  JsonObject without_nulls() const;

  // [minimum, maximum] is the allowed range. Whole numbers may be written as 3 or 3.0.
  int64_t integer(const std::string& key, int64_t minimum, int64_t maximum) const;
  int64_t integer(const std::string& key, int64_t fallback, int64_t minimum, int64_t maximum) const;
  // Null means absent; a missing key means `fallback`.
  std::optional<int64_t> optional_integer(const std::string& key, std::optional<int64_t> fallback,
                                          int64_t minimum, int64_t maximum) const;
  std::vector<int64_t> integers(const std::string& key, int64_t minimum, int64_t maximum) const;
  std::vector<int64_t> integers(const std::string& key, const std::vector<int64_t>& fallback,
                                int64_t minimum, int64_t maximum) const;
  // Finite.
  double number(const std::string& key) const;
  double number(const std::string& key, double fallback) const;
  double number(const std::string& key, double fallback, double minimum, double maximum) const;
  std::vector<double> numbers(const std::string& key) const;
  std::vector<double> numbers(const std::string& key, const std::vector<double>& fallback) const;
  // With something in it, and no line breaks or other control characters.
  std::string text(const std::string& key) const;
  std::string text(const std::string& key, const std::string& fallback) const;
  std::vector<std::string> texts(const std::string& key) const;
  // Any text.
  std::string any_text(const std::string& key) const;
  bool boolean(const std::string& key, bool fallback) const;

  // One of a few names, and what it stands for.
  template <typename T>
  using Choices = std::vector<std::pair<const char*, T>>;
  template <typename T>
  T choice(const std::string& key, const Choices<T>& choices) const {
    return pick(key, find(key), choices);
  }
  template <typename T>
  T choice(const std::string& key, T fallback, const Choices<T>& choices) const {
    return contains(key) ? choice(key, choices) : fallback;
  }
  template <typename T>
  std::vector<T> list_of(const std::string& key, const std::vector<T>& fallback,
                         const Choices<T>& choices) const {
    if (!contains(key)) return fallback;
    std::vector<T> items;
    for (const nlohmann::json& item : list(key, "a list of names"))
      items.push_back(pick(item_name(key, items.size()), &item, choices));
    return items;
  }

  // Absent without the key.
  std::optional<JsonObject> object(const std::string& key) const;
  // The objects of a list that must be there.
  std::vector<JsonObject> objects(const std::string& key) const;

  bool contains(const std::string& key) const { return find(key) != nullptr; }
  // Null without the key. Every key that is asked for counts as known.
  const nlohmann::json* find(const std::string& key) const;
  // All of it, for objects whose keys are names.
  const nlohmann::json& all() const { return object_; }
  // Keys that nobody has asked for, sorted.
  std::vector<std::string> unread() const;

  // Complains of the value of a key; null for a key that is not there.
  [[noreturn]] void refuse(const std::string& key, const std::string& expected,
                           const nlohmann::json* found) const;
  // Of the whole.
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  template <typename T>
  T pick(const std::string& key, const nlohmann::json* value, const Choices<T>& choices) const {
    std::string names;
    for (const auto& [name, meaning] : choices) {
      if (value != nullptr && value->is_string() && value->get_ref<const std::string&>() == name)
        return meaning;
      names += (names.empty() ? "one of " : ", ") + std::string(name);
    }
    refuse(key, names, value);
  }
  static std::string item_name(const std::string& key, size_t item);
  const nlohmann::json& list(const std::string& key, const char* expected) const;
  int64_t integer_of(const std::string& key, const nlohmann::json* value, int64_t minimum,
                     int64_t maximum, const char* instead = "") const;
  double number_of(const std::string& key, const nlohmann::json* value) const;
  std::string text_of(const std::string& key, const nlohmann::json* value) const;

  std::string place_;
  nlohmann::json object_;
  mutable std::set<std::string> read_;
};

// Parses a text. Error, naming its place, when it is not JSON, when a number in it is out of range,
// or when it is nested deeper than any reader goes.
nlohmann::json parse_json(const char* begin, const char* end, const std::string& place);
// The same, keeping the order of fields: for texts of few fields, which it looks up one by one.
nlohmann::ordered_json parse_ordered_json(const std::string& text, const std::string& place);

}  // namespace hspace
