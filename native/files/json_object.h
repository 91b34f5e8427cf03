#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace hspace {

// The object of a JSON file, read key by key with defaults. What does not fit is an Error naming
// file, key, expected and found value.
class JsonObject {
 public:
  explicit JsonObject(const std::string& path);
  // An object inside another; `place` is where errors say it is.
  JsonObject(std::string place, nlohmann::json object);

  // [minimum, maximum] is the allowed range.
  int64_t integer(const std::string& key, int64_t fallback, int64_t minimum, int64_t maximum) const;
  // Null means absent; a missing key means `fallback`.
  std::optional<int64_t> optional_integer(const std::string& key, std::optional<int64_t> fallback,
                                          int64_t minimum, int64_t maximum) const;
  std::vector<int64_t> integers(const std::string& key, const std::vector<int64_t>& fallback,
                                int64_t minimum, int64_t maximum) const;
  // Finite.
  double number(const std::string& key, double fallback) const;
  std::vector<double> numbers(const std::string& key, const std::vector<double>& fallback) const;
  // A non-empty string; without a fallback the key must be there.
  std::string text(const std::string& key, const std::string& fallback = "") const;
  bool boolean(const std::string& key, bool fallback) const;

  // One of a few names, and what it stands for.
  template <typename T>
  using Choices = std::vector<std::pair<const char*, T>>;
  template <typename T>
  T choice(const std::string& key, T fallback, const Choices<T>& choices) const {
    const nlohmann::json* value = find(key);
    return value ? pick(key, *value, choices) : fallback;
  }
  template <typename T>
  std::vector<T> list_of(const std::string& key, const std::vector<T>& fallback,
                         const Choices<T>& choices) const {
    const nlohmann::json* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_array()) refuse(key, "a list of names", *value);
    std::vector<T> items;
    for (const nlohmann::json& item : *value) items.push_back(pick(key, item, choices));
    return items;
  }

  // Absent without the key.
  std::optional<JsonObject> object(const std::string& key) const;
  // The objects of a list that must be there.
  std::vector<JsonObject> objects(const std::string& key) const;

  // Null without the key. Every key that is asked for counts as known.
  const nlohmann::json* find(const std::string& key) const;
  // All of it, for objects whose keys are names.
  const nlohmann::json& all() const { return object_; }
  // Keys that nobody has asked for, sorted.
  std::vector<std::string> unread() const;

  [[noreturn]] void refuse(const std::string& key, const std::string& expected,
                           const nlohmann::json& found) const;
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  template <typename T>
  T pick(const std::string& key, const nlohmann::json& value, const Choices<T>& choices) const {
    std::string names;
    for (const auto& [name, meaning] : choices) {
      if (value.is_string() && value.get_ref<const std::string&>() == name) return meaning;
      names += (names.empty() ? "one of \"" : ", \"") + std::string(name) + "\"";
    }
    refuse(key, names, value);
  }

  std::string path_;
  nlohmann::json object_;
  mutable std::set<std::string> read_;
};

}  // namespace hspace
