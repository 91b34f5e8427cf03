#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hspace {

// "name" in double quotes, control characters and ill-formed UTF-8 escaped, for error messages.
std::string in_quotes(const std::string& name);

// "(512, 512, 3, 3)"
std::string shape_text(const std::vector<int64_t>& shape);

}  // namespace hspace
