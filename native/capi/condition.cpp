#include "capi/condition.h"

#include "capi/arrays.h"
#include "capi/params.h"
#include "capi/status.h"

namespace hspace::capi {
namespace {

constexpr hspace_condition kDefaults = {sizeof(hspace_condition), nullptr, nullptr, 1, -1};

std::optional<Prompt> prompt_of(const hspace_prompt* prompt, const char* what) {
  if (prompt == nullptr) return {};
  constexpr size_t kMostEncoders = 16;
  if (prompt->encoders > kMostEncoders) {
    throw Error(std::string(what) + ": expected at most " + std::to_string(kMostEncoders) +
                " encoders, found " + std::to_string(prompt->encoders));
  }
  Prompt made;
  if (prompt->text != nullptr) made.text = prompt->text;
  if (prompt->encoders > 0) {
    required(prompt->tokens, what);
    required(prompt->counts, what);
  }
  for (size_t i = 0; i < prompt->encoders; ++i)
    made.tokens.push_back(integers(prompt->tokens[i], prompt->counts[i], what));
  return made;
}

}  // namespace

Conditioning conditioning_of(const hspace_condition* condition) {
  const hspace_condition asked = read(condition, &hspace_condition::class_label, kDefaults);
  Conditioning made;
  made.prompt = prompt_of(asked.prompt, "prompt");
  made.negative = prompt_of(asked.negative, "negative");
  made.guidance = asked.guidance;
  if (asked.class_label != kDefaults.class_label) made.class_label = asked.class_label;
  return made;
}

InjectInto into_of(hspace_into into) {
  switch (into) {
    case HSPACE_INTO_BOTH:
      return InjectInto::kBoth;
    case HSPACE_INTO_PROMPT:
      return InjectInto::kPrompt;
    case HSPACE_INTO_NEGATIVE:
      return InjectInto::kNegative;
    default:
      throw Error("into: expected HSPACE_INTO_BOTH, _PROMPT or _NEGATIVE, found " +
                  std::to_string(into));
  }
}

}  // namespace hspace::capi

void hspace_condition_init(hspace_condition* condition, size_t struct_size) {
  hspace::capi::init(condition, struct_size, hspace::capi::kDefaults);
}
