#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hspace::test {

// One JSON text with one thing wrong in it, in every way and at every place: what a reader of it
// takes or refuses, and must not fall over.
class JsonMutations {
 public:
  static std::vector<std::string> of(const std::string& json) {
    JsonMutations made;
    made.texts_ = {"", "null", "[1]", "{", json + "}", std::string(1, '\0')};
    made.root_ = nlohmann::ordered_json::parse(json);
    made.mutate(made.root_);
    made.texts_.push_back(std::string(100'000, '['));
    made.texts_.push_back(nested(json, 100'000));
    return made.texts_;
  }

 private:
  using Json = nlohmann::ordered_json;
  static constexpr const char* kMark = "replace me";

  // Deeper than any reader goes, and valid.
  static std::string nested(const std::string& json, size_t levels) {
    return std::string(levels, '[') + json + std::string(levels, ']');
  }

  void mutate(Json& at) {
    if (at.is_object()) {
      std::vector<std::string> keys;
      for (const auto& item : at.items()) keys.push_back(item.key());
      for (const std::string& key : keys) {
        replace(at[key]);
        const Json whole = at;
        at.erase(key);
        texts_.push_back(root_.dump());
        at = whole;
        mutate(at[key]);
      }
    } else if (at.is_array() && !at.empty()) {  // its first item stands for all
      replace(at[0]);
      mutate(at[0]);
      at.push_back(at[0]);
      texts_.push_back(root_.dump());
      at.erase(at.size() - 1);
    }
  }

  void replace(Json& value) {
    const Json before = value;
    value = kMark;
    const std::string marked = root_.dump();
    value = before;
    const std::string mark = "\"" + std::string(kMark) + "\"";
    const size_t place = marked.find(mark);
    for (const std::string& other : others()) {
      std::string text = marked;
      texts_.push_back(text.replace(place, mark.size(), other));
    }
  }

  // What stands in place of a value, not all of it valid JSON.
  static std::vector<std::string> others() {
    return {"null",
            "true",
            "\"\"",
            "\"3\"",
            "\"\\u0000/\\ud800\\n\"",
            "\"\\u0000\\u009b\\n\"",
            "-1",
            "0",
            "0.5",
            "1e-400",
            "1e999",
            "3000000000",
            "9223372036854775808",
            "123456789012345678901234567890",
            "NaN",
            "-Infinity",
            "[]",
            "[null]",
            "[[[1]]]",
            nested("1", 1000),
            "[1, \"x\"]",
            "{}",
            "{\"rectangle\": [1, 2, 3]}"};
  }

  Json root_;
  std::vector<std::string> texts_;
};

}  // namespace hspace::test
