#pragma once

#include <string>

#include "files/json_object.h"
#include "hspace/conditioning.h"

namespace hspace {

// A condition as provenance has it; see Provenance::json(). FileError naming the field that does
// not fit.
std::string conditioning_json(const Conditioning& conditioning);
Conditioning read_conditioning(const JsonObject& json);

}  // namespace hspace
