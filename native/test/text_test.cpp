#include "files/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>

#include "files/json_text.h"

namespace hspace {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Text, NumbersAsJavaWritesThem) {
  EXPECT_EQ(number_text(0), "0.0");
  EXPECT_EQ(number_text(-0.0), "-0.0");
  EXPECT_EQ(number_text(1), "1.0");
  EXPECT_EQ(number_text(-0.5), "-0.5");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(number_text(0.001), "0.001");
  EXPECT_EQ(number_text(1e-4), "1.0E-4");
  EXPECT_EQ(number_text(1.25e-7), "1.25E-7");
  EXPECT_EQ(number_text(9999999), "9999999.0");
  EXPECT_EQ(number_text(1e7), "1.0E7");
  EXPECT_EQ(number_text(123456789), "1.23456789E8");
  EXPECT_EQ(number_text(std::numeric_limits<double>::max()), "1.7976931348623157E308");
  EXPECT_EQ(number_text(NAN), "NaN");
  EXPECT_EQ(number_text(-kInfinity), "-Infinity");
}

TEST(Text, ThreeDigitsForMessages) {
  EXPECT_EQ(three_digits(3), "3.00");
  EXPECT_EQ(three_digits(16.67), "16.7");
  EXPECT_EQ(three_digits(65504), "6.55e+04");
  EXPECT_EQ(three_digits(std::numeric_limits<float>::max()), "3.40e+38");
}

TEST(Text, NamesOfAMessageStayInItsLine) {
  EXPECT_EQ(joined(std::vector<std::string>{"a", "b\nc"}), "a, b\\nc");
  EXPECT_EQ(joined(std::vector<std::string>{}), "");
}

TEST(Text, DecimalsHaveNoExponent) {
  EXPECT_EQ(decimal(1), "1");
  EXPECT_EQ(decimal(1e-4), "0.0001");
  EXPECT_EQ(decimal(1e-7), "0.0000001");
  EXPECT_EQ(decimal(0.02), "0.02");
}

TEST(Text, NumbersReadBackAsTheSame) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t bits = random();
    double value = 0;
    static_assert(sizeof bits == sizeof value);
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(parse_number(number_text(value)), value) << number_text(value);
    EXPECT_EQ(parse_number(decimal(value)), value) << decimal(value);
  }
}

TEST(Text, WhatIsANumber) {
  EXPECT_EQ(parse_number(" 1e-3 "), 1e-3);
  EXPECT_EQ(parse_number("+.5"), 0.5);
  EXPECT_EQ(parse_number("5."), 5.0);
  EXPECT_EQ(parse_number("-0.25"), -0.25);
  for (const char* text : {"", " ", "x", "1x", "1,5", "1 2", "+-1", "0x1p3", "-", "1e999"})
    EXPECT_FALSE(parse_number(text)) << text;
}

TEST(Text, MessagesStayOneLine) {
  EXPECT_EQ(one_line("größer – 猫"), "größer – 猫");
  EXPECT_EQ(one_line("a\nb\r\tc\x7f"), "a\\nb\\r\\u0009c\\u007f");
  EXPECT_EQ(one_line(std::string("\0", 1) + "\xc2\x9b" + "2J\xe2\x80\xa8"),
            "\\u0000\\u009b2J\\u2028");
  EXPECT_EQ(shortened("größer", 3), "grö…");
  EXPECT_EQ(shortened("grö", 3), "grö");
}

TEST(Text, JsonKeepsOrderAndNumbers) {
  const auto value = nlohmann::ordered_json::parse(
      R"({"z": 1, "a": [0.5, 1.0, 1e-5, 12345678901234567], "n": null, "o": {"t": "ö\n", "n": null}, "b": true})");
  EXPECT_EQ(json_text(value),
            R"({"z":1,"a":[0.5,1.0,1.0E-5,12345678901234567],"o":{"t":"ö\n"},"b":true})");
}

}  // namespace
}  // namespace hspace
