#include "hspace/png.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <map>

#include "test/file_fixture.h"

namespace hspace::test {
namespace {

uint32_t u32(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// The standard's own definition, bit by bit.
uint32_t crc(const std::string& bytes) {
  uint32_t remainder = 0xFFFFFFFF;
  for (const char byte : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      const uint32_t top = (remainder ^ static_cast<unsigned char>(byte) >> bit) & 1;
      remainder = remainder >> 1 ^ top * 0xEDB88320;
    }
  }
  return ~remainder;
}

// A decoder of this kind of PNG that trusts nothing: width, height, channels and the pixels.
struct Decoded {
  int64_t width, height, channels;
  std::string pixels;
};

Decoded decode(const std::string& file) {
  EXPECT_EQ(file.substr(0, 8), "\x89PNG\r\n\x1a\n");
  std::map<std::string, std::string> chunks;
  size_t at = 8;
  while (at < file.size()) {
    const size_t size = u32(file, at);
    const std::string type = file.substr(at + 4, 4);
    EXPECT_TRUE(chunks.emplace(type, file.substr(at + 8, size)).second);
    EXPECT_EQ(u32(file, at + 8 + size), crc(file.substr(at + 4, 4 + size))) << type;
    at += 12 + size;
  }
  EXPECT_EQ(at, file.size());
  EXPECT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks.at("IEND"), "");
  const std::string& header = chunks.at("IHDR");
  EXPECT_EQ(header.size(), 13u);
  EXPECT_EQ(header[8], 8) << "bits";
  EXPECT_EQ(header.substr(10), std::string(3, '\0'));
  Decoded image{u32(header, 0), u32(header, 4), header[9] == 2 ? 3 : 1, ""};
  EXPECT_TRUE(header[9] == 2 || header[9] == 0);

  const std::string& stream = chunks.at("IDAT");
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(stream.at(i)); };
  EXPECT_EQ(byte(0) & 15, 8) << "deflate";
  EXPECT_EQ((byte(0) * 256 + byte(1)) % 31, 0);
  std::string lines;
  size_t next = 2;
  for (bool last = false; !last;) {
    EXPECT_LE(byte(next), 1) << "a stored block";
    last = byte(next) == 1;
    const size_t size = byte(next + 1) + 256 * byte(next + 2);
    EXPECT_EQ(byte(next + 3) + 256 * byte(next + 4), 0xFFFF - size);
    lines += stream.substr(next + 5, size);
    next += 5 + size;
  }
  EXPECT_EQ(next + 4, stream.size());
  uint64_t a = 1, b = 0;
  for (const char one : lines) {
    a += static_cast<unsigned char>(one);
    b += a % 65521;
  }
  EXPECT_EQ(u32(stream, next), (b % 65521) * 65536 + a % 65521);
  const auto row = static_cast<size_t>(image.width * image.channels);
  EXPECT_EQ(lines.size(), (row + 1) * static_cast<size_t>(image.height));
  for (size_t y = 0; y * (row + 1) < lines.size(); ++y) {
    EXPECT_EQ(lines[y * (row + 1)], 0) << "no filter";
    image.pixels += lines.substr(y * (row + 1) + 1, row);
  }
  return image;
}

class Png : public FileFixture {};

TEST_F(Png, Colours) {
  // Red rises along x, green along y, blue is beyond 1; H = 2, W = 3.
  const at::Tensor image =
      at::tensor({-1., 0., 1., -1., 0., 1., -1., -1., -1., 1., 1., 1., 2., 2., 2., 2., 2., 2.})
          .view({3, 2, 3});
  write_png(path("a é.png"), image);
  const Decoded found = decode(read_file("a é.png"));
  EXPECT_EQ(found.width, 3);
  EXPECT_EQ(found.height, 2);
  EXPECT_EQ(found.channels, 3);
  const std::string expected("\0\0\xFF\x80\0\xFF\xFF\0\xFF\0\xFF\xFF\x80\xFF\xFF\xFF\xFF\xFF", 18);
  EXPECT_EQ(found.pixels, expected);
  EXPECT_EQ(listing(), std::vector<std::string>{"a é.png"});
}

// More than one stored block; every level comes back as itself.
TEST_F(Png, GreyOfEveryLevel) {
  const at::Tensor levels = at::arange(0, 256 * 300).remainder(256).to(at::kFloat);
  write_png(path("grey.png"), (levels / 127.5 - 1).view({1, 300, 256}));
  const Decoded found = decode(read_file("grey.png"));
  EXPECT_EQ(found.channels, 1);
  ASSERT_EQ(found.pixels.size(), size_t{256 * 300});
  for (size_t i = 0; i < found.pixels.size(); ++i)
    ASSERT_EQ(static_cast<unsigned char>(found.pixels[i]), i % 256);
}

TEST_F(Png, AnyTypeAndStrides) {
  const at::Tensor image = at::arange(0, 24, at::kDouble).div(12).sub(1).view({2, 4, 3});
  write_png(path("a.png"), image.permute({2, 0, 1}));
  write_png(path("b.png"), image.permute({2, 0, 1}).to(at::kFloat).contiguous());
  EXPECT_EQ(read_file("a.png"), read_file("b.png"));
}

TEST_F(Png, Refusals) {
  const auto write = [&](const at::Tensor& image) {
    return [this, image] { write_png(path("a.png"), image); };
  };
  expect_error(write({}), {"a.png", "none"});
  expect_error(write(at::zeros({2, 4, 4})), {"(2, 4, 4)"});
  expect_error(write(at::zeros({4, 4})), {"(4, 4)"});
  expect_error(write(at::zeros({3, 0, 4})), {"(3, 0, 4)"});
  expect_error(write(at::zeros({3, 1, 16385})), {"16384"});
  expect_error(write(at::zeros({3, 4, 4}, at::kLong)), {"floating"});
  expect_error(write(at::full({3, 4, 4}, std::numeric_limits<float>::quiet_NaN())), {"NaN"});
  EXPECT_TRUE(listing().empty());
  expect_error([&] { write_png(path("no/a.png"), at::zeros({3, 4, 4})); }, {"no/a.png"});
}

}  // namespace
}  // namespace hspace::test
