#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// A text as a model reads it.
struct Prompt {
  // As somebody wrote it; for people alone.
  std::string text;
  // Its tokens for each of the model's text encoders, in their order, each list filled up to the
  // encoder's length as its tokenizer does it.
  std::vector<std::vector<int64_t>> tokens;
};

// What images are made of beside noise, as files record it. The default is nothing, which is what
// unconditional models need.
struct Conditioning {
  std::optional<Prompt> prompt;
  // What guidance leads away from, usually the empty text. SDXL models may go without, which is not
  // the same.
  std::optional<Prompt> negative;
  // w of classifier-free guidance: ε = ε(negative) + w (ε(prompt) - ε(negative)). 1 is the prompt's
  // ε alone, in half the time.
  double guidance = 1;
  std::optional<int64_t> class_label;

  bool guided() const { return guidance != 1; }
  bool empty() const { return !prompt && !negative && !guided() && !class_label; }
};

// Which of the two passes of guidance Δh is added in. Without guidance there is one, whose Δh this
// does not change.
enum class InjectInto { kBoth, kPrompt, kNegative };

// "both", "prompt" or "negative".
const char* inject_into_name(InjectInto into);
// And back; Error naming the three.
InjectInto parse_inject_into(const std::string& name);

}  // namespace hspace
