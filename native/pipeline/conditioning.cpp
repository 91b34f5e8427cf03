#include "hspace/conditioning.h"

#include "files/text.h"
#include "hspace/error.h"

namespace hspace {

const char* inject_into_name(InjectInto into) {
  switch (into) {
    case InjectInto::kBoth:
      return "both";
    case InjectInto::kPrompt:
      return "prompt";
    case InjectInto::kNegative:
      return "negative";
  }
  throw Error("unknown pass of guidance");
}

InjectInto parse_inject_into(const std::string& name) {
  for (const InjectInto into : {InjectInto::kBoth, InjectInto::kPrompt, InjectInto::kNegative}) {
    if (name == inject_into_name(into)) return into;
  }
  throw Error("inject-into: expected both, prompt or negative, found '" + one_line(name) + "'");
}

}  // namespace hspace
