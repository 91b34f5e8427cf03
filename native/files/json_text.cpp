#include "files/json_text.h"

#include <utility>

namespace hspace {

std::string json_text(const nlohmann::ordered_json& value) {
  if (value.is_array()) {
    std::vector<std::string> items;
    for (const auto& item : value) {
      if (!item.is_null()) items.push_back(json_text(item));
    }
    return json_list(items, [](const std::string& item) { return item; });
  }
  if (value.is_object()) {
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto& [name, field] : value.items()) {
      if (!field.is_null()) fields.emplace_back(name, json_text(field));
    }
    return json_object(fields);
  }
  if (value.is_number_float()) return number_text(value.get<double>());
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace hspace
