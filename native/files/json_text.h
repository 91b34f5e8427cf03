#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "files/text.h"

namespace hspace {

// One JSON object without blanks; `fields` are pairs of a name and a value's JSON text, in their
// order.
template <typename Fields>
std::string json_object(const Fields& fields) {
  std::string json;
  for (const auto& [name, value] : fields)
    json += (json.empty() ? "" : ",") + in_quotes(name) + ":" + value;
  return "{" + json + "}";
}

// A JSON list of values of which `text` makes the JSON text.
template <typename Values, typename Text>
std::string json_list(const Values& values, const Text& text) {
  std::string json;
  for (const auto& value : values) json += (json.empty() ? "" : ",") + text(value);
  return "[" + json + "]";
}

// A value as our files have it: without blanks, fields in their order, nulls left out, numbers that
// are not whole by number_text().
std::string json_text(const nlohmann::ordered_json& value);

}  // namespace hspace
