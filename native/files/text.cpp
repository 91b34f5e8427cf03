#include "files/text.h"

#include <charconv>
#include <cmath>
#include <iomanip>
#include <locale>
#include <nlohmann/json.hpp>
#include <sstream>

namespace hspace {

namespace {

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

// The code point that a control character or line separator at `at` is, and its bytes; 0 for
// others.
std::pair<unsigned, size_t> control_at(const std::string& text, size_t at) {
  const auto byte = [&](size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const unsigned first = byte(at);
  if (first < 0x20 || first == 0x7f) return {first, 1};
  if (first == 0xc2 && byte(at + 1) >= 0x80 && byte(at + 1) < 0xa0) return {byte(at + 1), 2};
  const bool separator =
      first == 0xe2 && byte(at + 1) == 0x80 && (byte(at + 2) == 0xa8 || byte(at + 2) == 0xa9);
  return separator ? std::pair<unsigned, size_t>{0x2000 + byte(at + 2) - 0x80, 3}
                   : std::pair<unsigned, size_t>{0, 0};
}

}  // namespace

std::string in_quotes(const std::string& name) {
  return nlohmann::json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string one_line(const std::string& text) {
  std::string line;
  for (size_t i = 0; i < text.size();) {
    const auto [character, bytes] = control_at(text, i);
    if (bytes == 0) {
      line += text[i++];
      continue;
    }
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\u%04x", character);
    line += character == '\n' ? "\\n" : character == '\r' ? "\\r" : escape;
    i += bytes;
  }
  return line;
}

std::string shortened(const std::string& text, size_t characters) {
  size_t end = 0;
  for (; end < text.size(); ++end) {
    if (begins_character(text[end]) && characters-- == 0) return text.substr(0, end) + "…";
  }
  return text;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

std::string decimal(double value) {
  char digits[400];  // the longest double has 1 + 324 + 17 characters or 309
  const auto end =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed).ptr;
  return std::string(digits, end);
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  const double magnitude = std::abs(value);
  if (value == 0 || (magnitude >= 1e-3 && magnitude < 1e7)) {
    const std::string text = decimal(value);
    return text.find('.') == std::string::npos ? text + ".0" : text;
  }
  char digits[40];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific).ptr;
  const std::string text(digits, end);
  const size_t e = text.find('e');
  const std::string mantissa = text.substr(0, e);
  return mantissa + (mantissa.find('.') == std::string::npos ? ".0E" : "E") +
         std::to_string(std::stoi(text.substr(e + 1)));
}

std::string three_digits(double value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << std::setprecision(3) << std::showpoint << value;
  return text.str();
}

std::optional<double> parse_number(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return std::nullopt;
  const char* begin = text.data() + first;
  const char* end = text.data() + text.find_last_not_of(" \t\r\n") + 1;
  if (*begin == '+' && begin + 1 < end && begin[1] != '-') ++begin;
  double value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace hspace
