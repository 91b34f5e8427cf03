#include "pipeline/conditioning_json.h"

#include <cfloat>
#include <cstdint>
#include <utility>

#include "files/json_text.h"

namespace hspace {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string tokens_json(const std::vector<int64_t>& tokens) {
  return json_list(tokens, [](int64_t token) { return std::to_string(token); });
}

std::string prompt_json(const Prompt& prompt) {
  return json_object(
      Fields{{"text", in_quotes(prompt.text)}, {"tokens", json_list(prompt.tokens, tokens_json)}});
}

Prompt read_prompt(const JsonObject& json) {
  Prompt read;
  read.text = json.any_text("text");
  const nlohmann::json* lists = json.find("tokens");
  const char* expected = "a list of lists of numbers from 0, one for each text encoder";
  if (lists == nullptr || !lists->is_array()) json.refuse("tokens", expected, lists);
  for (const nlohmann::json& list : *lists) {
    std::vector<int64_t> tokens;
    if (!list.is_array()) json.refuse("tokens", expected, lists);
    for (const nlohmann::json& token : list) {
      const bool fits = token.is_number_unsigned() && token.get<uint64_t>() <= INT32_MAX;
      if (!fits) json.refuse("tokens", expected, lists);
      tokens.push_back(token.get<int64_t>());
    }
    read.tokens.push_back(std::move(tokens));
  }
  return read;
}

}  // namespace

std::string conditioning_json(const Conditioning& conditioning) {
  Fields fields;
  if (conditioning.prompt) fields.emplace_back("prompt", prompt_json(*conditioning.prompt));
  if (conditioning.negative) fields.emplace_back("negative", prompt_json(*conditioning.negative));
  fields.emplace_back("guidance", number_text(conditioning.guidance));
  if (conditioning.class_label)
    fields.emplace_back("class_label", std::to_string(*conditioning.class_label));
  return json_object(fields);
}

Conditioning read_conditioning(const JsonObject& json) {
  Conditioning read;
  if (const auto prompt = json.object("prompt")) read.prompt = read_prompt(*prompt);
  if (const auto negative = json.object("negative")) read.negative = read_prompt(*negative);
  read.guidance = json.number("guidance", 1, 0, DBL_MAX);
  if (json.contains("class_label")) read.class_label = json.integer("class_label", 0, INT32_MAX);
  return read;
}

}  // namespace hspace
