#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hspace {

// "name" in double quotes, control characters and ill-formed UTF-8 escaped, for error messages; as
// JSON writes it.
std::string in_quotes(const std::string& name);

// The text with line breaks and other control characters written as escapes: what stands in a
// message of one line.
std::string one_line(const std::string& text);

// At most so many characters of a UTF-8 text, and "…" where there were more.
std::string shortened(const std::string& text, size_t characters);

// "smile, hat": names for a message, each as one line.
template <typename Names>
std::string joined(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + one_line(name);
  return text;
}

// "(512, 512, 3, 3)"
std::string shape_text(const std::vector<int64_t>& shape);

// A finite number without exponent, of the fewest digits that read back as the same double: 0.0001,
// 1.
std::string decimal(double value);

// A number of the fewest digits that read back as the same double, always with a point: 1.0, 0.5,
// 1.0E-4, NaN. How our files have their numbers (as Java writes a double).
std::string number_text(double value);

// A number to three digits, for messages: 16.7, 3.00, 3.40e+38.
std::string three_digits(double value);

// The number that a text is, blanks around it aside; absent when it is none. Independent of the
// locale.
std::optional<double> parse_number(const std::string& text);

}  // namespace hspace
