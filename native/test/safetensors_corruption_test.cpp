#include <ATen/ops/clone.h>

#include <random>

#include "hspace/safetensors.h"
#include "test/file_fixture.h"

namespace hspace {
namespace {

using test::expect_error;
using test::safetensors_bytes;

class SafetensorsCorruptionTest : public test::FileFixture {
 protected:
  void expect_invalid(const std::string& bytes, const std::vector<std::string>& parts) {
    const std::string file = write_file("bad.safetensors", bytes);
    std::vector<std::string> all = parts;
    all.push_back(file);
    expect_error([&] { SafetensorsFile opened(file); }, all);
  }

  void expect_invalid_header(const std::string& header, const std::string& data,
                             const std::vector<std::string>& parts) {
    SCOPED_TRACE(header);
    expect_invalid(safetensors_bytes(header, data), parts);
  }

  // A tensor "x" with these three values, in a file with `bytes` bytes of data.
  void expect_invalid_entry(const std::string& dtype, const std::string& shape,
                            const std::string& offsets, size_t bytes,
                            const std::vector<std::string>& parts) {
    std::vector<std::string> all = parts;
    all.push_back("\"x\"");
    expect_invalid_header("{\"x\":{\"dtype\":" + dtype + ",\"shape\":" + shape +
                              ",\"data_offsets\":" + offsets + "}}",
                          std::string(bytes, '\0'), all);
  }

  // A small file with a bit of everything.
  static std::string sound_bytes() {
    return safetensors_bytes(
        R"({"__metadata__":{"format":"x"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
        R"("b":{"dtype":"BOOL","shape":[3],"data_offsets":[16,19]},)"
        R"("n":{"dtype":"I16","shape":[0,4],"data_offsets":[19,19]}})",
        std::string(19, '\1'));
  }

  // Opens and reads all there is; false when refused with an Error. Anything else escapes and fails
  // the test.
  static bool reads(const std::string& file) {
    try {
      const SafetensorsFile opened(file);
      for (const std::string& name : opened.names()) opened.tensor(name).clone();
      for (const std::string& key : opened.metadata_keys()) opened.metadata(key);
      return true;
    } catch (const Error&) {
      return false;
    }
  }
};

TEST_F(SafetensorsCorruptionTest, UnreadablePaths) {
  expect_error([&] { SafetensorsFile file(path("absent")); }, {path("absent"), "No such file"});
  expect_error([&] { SafetensorsFile file(directory_.string()); },
               {directory_.string(), "not a regular file"});
}

TEST_F(SafetensorsCorruptionTest, HeaderSize) {
  expect_invalid("", {"0 bytes"});
  expect_invalid("1234567", {"7 bytes"});
  expect_invalid(std::string("\x05\0\0\0\0\0\0\0{}", 10), {"truncated", "5 bytes", "2 follow"});
  expect_invalid(std::string(8, '\xff') + "{}", {"18446744073709551615", "limit"});
  expect_invalid(std::string("\x01\xe1\xf5\x05\0\0\0\0{}", 10), {"100000001", "limit"});
}

TEST_F(SafetensorsCorruptionTest, HeaderText) {
  expect_invalid_header("", "", {"begin with '{'"});
  expect_invalid_header("[]", "", {"begin with '{'"});
  expect_invalid_header(" {}", "", {"begin with '{'"});
  expect_invalid_header("{", "", {"not valid JSON"});
  expect_invalid_header("{} x", "", {"not valid JSON"});
  expect_invalid_header("{\"\xff\":1}", "", {"not valid UTF-8"});
  expect_invalid_header(std::string("{\"a\0\":1}", 8), "", {"not valid JSON"});
  expect_invalid_header("{\"x\":" + std::string(100'000, '['), "", {"not valid JSON"});
  expect_invalid_header(R"({"x":1e999})", "", {"out of range"});
  expect_invalid_header(R"({"x":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)"
                        R"("x":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})",
                        "1", {"\"x\" occurs twice"});
  expect_invalid_header(R"({"__metadata__":[]})", "", {"__metadata__"});
  expect_invalid_header(R"({"__metadata__":{"a":1}})", "", {"__metadata__", "\"a\""});
}

TEST_F(SafetensorsCorruptionTest, DeepNestingIsRefused) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  expect_invalid_header("{\"x\":" + deep + "}", "", {"\"x\"", "expected an object"});
}

TEST_F(SafetensorsCorruptionTest, Entries) {
  expect_invalid_header(R"({"x":3})", "", {"\"x\"", "object"});
  expect_invalid_header(R"({"x":{"dtype":"U8","shape":[]}})", "",
                        {"\"x\"", "\"data_offsets\" is missing"});
  expect_invalid_header(R"({"x":{"shape":[],"data_offsets":[0,1]}})", "1",
                        {"\"dtype\" is missing"});
  expect_invalid_header(R"({"x":{"dtype":"U8","data_offsets":[0,1]}})", "1",
                        {"\"shape\" is missing"});
  expect_invalid_entry("3", "[]", "[0,1]", 1, {"dtype"});
  expect_invalid_entry("\"U8\"", "1", "[0,1]", 1, {"shape"});
  expect_invalid_entry("\"U8\"", "[-1]", "[0,1]", 1, {"shape"});
  expect_invalid_entry("\"U8\"", "[1.0]", "[0,1]", 1, {"shape"});
  expect_invalid_entry("\"U8\"", "[9223372036854775808]", "[0,1]", 1, {"shape"});
  expect_invalid_entry("\"F32\"", "[4611686018427387904]", "[0,0]", 0, {"too large"});
  expect_invalid_entry("\"U8\"", "[4294967296,4294967296]", "[0,0]", 0, {"too large"});
  expect_invalid_entry("\"U8\"", "[0,4294967296,4294967296]", "[0,0]", 0, {"too large"});
  expect_invalid_entry("\"U8\"", "[]", "[0]", 1, {"data_offsets"});
  expect_invalid_entry("\"U8\"", "[]", "[0,-1]", 1, {"data_offsets"});
  expect_invalid_entry("\"U8\"", "[]", "[1,0]", 1, {"reversed"});
  expect_invalid_entry("\"F32\"", "[2]", "[0,7]", 7, {"needs 8 bytes", "hold 7"});
}

TEST_F(SafetensorsCorruptionTest, Layout) {
  const auto two = [](const char* a, const char* b) {
    return std::string(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)") + a +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}";
  };
  expect_invalid_header(two("[0,4]", "[4,8]"), "1234567", {"truncated", "\"b\"", "[4, 8)", "7"});
  expect_invalid_header(two("[0,4]", "[3,7]"), "1234567", {"\"a\" and \"b\" overlap at byte 3"});
  expect_invalid_header(two("[0,4]", "[0,4]"), "1234", {"overlap"});
  expect_invalid_header(two("[0,4]", "[5,9]"), "123456789", {"[4, 5)", "no tensor"});
  expect_invalid_header(two("[1,5]", "[5,9]"), "123456789", {"[0, 1)", "no tensor"});
  expect_invalid_header(two("[0,4]", "[4,8]"), "123456789", {"[8, 9)", "no tensor"});
  expect_invalid_header("{}", "1", {"[0, 1)", "no tensor"});
}

TEST_F(SafetensorsCorruptionTest, NamesAreEscapedInMessages) {
  expect_invalid_header(R"({"two\nlines":3})", "", {R"("two\nlines")"});
}

TEST_F(SafetensorsCorruptionTest, EveryTruncationIsRefused) {
  const std::string bytes = sound_bytes();
  ASSERT_TRUE(reads(write_file("sound", bytes)));
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(reads(write_file("cut", bytes.substr(0, length))))
        << length << " of " << bytes.size() << " bytes";
  }
  EXPECT_FALSE(reads(write_file("long", bytes + '\0')));
}

TEST_F(SafetensorsCorruptionTest, RandomDamageIsReadOrRefused) {
  const std::string sound = sound_bytes();
  std::mt19937 random(20240607);
  const auto below = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  int refused = 0;
  constexpr int kFiles = 5000;
  for (int i = 0; i < kFiles; ++i) {
    std::string bytes = sound;
    for (size_t damage = 1 + below(3); damage > 0; --damage) {
      const size_t at = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
          break;
        case 2:
          bytes.erase(at, 1 + below(4));
          break;
        default:
          bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(8)));
      }
    }
    if (!reads(write_file("damaged", bytes))) ++refused;
  }
  // Damage to the data alone goes unseen, as the format has no checksum; most of the file is
  // header.
  EXPECT_GT(refused, kFiles / 2);
  EXPECT_LT(refused, kFiles);
}

}  // namespace
}  // namespace hspace
