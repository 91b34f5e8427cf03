#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "files/json_text.h"

namespace hspace {

// Values as JSON that is the same for the same values.
inline std::string canonical(bool value) { return value ? "true" : "false"; }
inline std::string canonical(int64_t value) { return std::to_string(value); }
inline std::string canonical(double value) { return decimal(value); }
inline std::string canonical(const std::string& value) { return in_quotes(value); }

template <typename T>
std::string canonical(const std::optional<T>& value) {
  return value ? canonical(*value) : "null";
}

template <typename T>
std::string canonical(const std::vector<T>& values) {
  return json_list(values, [](const T& value) { return canonical(value); });
}

// Settings as one text, sorted by name, without blanks.
class CanonicalText {
 public:
  template <typename T>
  void add(const std::string& name, const T& value) {
    fields_[name] = canonical(value);
  }

  std::string json() const { return json_object(fields_); }

 private:
  std::map<std::string, std::string> fields_;
};

}  // namespace hspace
