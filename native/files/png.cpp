// PNG (ISO/IEC 15948), of the kind that needs no compression library: zlib's stored blocks.

#include "hspace/png.h"

#include <ATen/TensorOperators.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "files/output_file.h"
#include "files/text.h"
#include "hspace/error.h"
#include "pipeline/finite.h"

namespace hspace {

namespace {

void append_u32(std::string& bytes, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
}

uint32_t crc32(const std::string& bytes) {
  static const std::array<uint32_t, 256> kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < table.size(); ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xEDB88320 : 0);
      table[i] = value;
    }
    return table;
  }();
  uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes)
    crc = kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ crc >> 8;
  return ~crc;
}

uint32_t adler32(const std::string& bytes) {
  constexpr uint32_t kModulus = 65521;
  uint32_t sum = 1, sum_of_sums = 0;
  for (const char byte : bytes) {
    sum = (sum + static_cast<unsigned char>(byte)) % kModulus;
    sum_of_sums = (sum_of_sums + sum) % kModulus;
  }
  return sum_of_sums << 16 | sum;
}

void append_chunk(std::string& file, const std::string& type, const std::string& data) {
  append_u32(file, static_cast<uint32_t>(data.size()));
  file += type + data;
  append_u32(file, crc32(type + data));
}

// A zlib stream of stored blocks.
std::string stored(const std::string& data) {
  constexpr size_t kBlock = 65535;
  std::string stream = "\x78\x01";
  for (size_t first = 0; first < data.size(); first += kBlock) {
    const size_t size = std::min(kBlock, data.size() - first);
    const bool last = first + size == data.size();
    stream += last ? '\1' : '\0';
    for (const size_t word : {size, ~size}) {
      stream += static_cast<char>(word);
      stream += static_cast<char>(word >> 8);
    }
    stream.append(data, first, size);
  }
  append_u32(stream, adler32(data));
  return stream;
}

// Each row: no filter, then the pixels.  levels (H, W, C), uint8, contiguous
std::string scanlines(const at::Tensor& levels) {
  const auto* bytes = reinterpret_cast<const char*>(levels.const_data_ptr<uint8_t>());
  const auto row = static_cast<size_t>(levels.size(1) * levels.size(2));
  std::string lines;
  for (int64_t y = 0; y < levels.size(0); ++y)
    lines.append(1, '\0').append(bytes + static_cast<size_t>(y) * row, row);
  return lines;
}

std::string png(const at::Tensor& levels) {
  std::string header;
  append_u32(header, static_cast<uint32_t>(levels.size(1)));
  append_u32(header, static_cast<uint32_t>(levels.size(0)));
  const char colour = levels.size(2) == 3 ? 2 : 0;
  for (const char byte : {char{8}, colour, char{0}, char{0}, char{0}}) header += byte;
  std::string file = "\x89PNG\r\n\x1a\n";
  append_chunk(file, "IHDR", header);
  append_chunk(file, "IDAT", stored(scanlines(levels)));
  append_chunk(file, "IEND", "");
  return file;
}

int write_all(int fd, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) done += static_cast<size_t>(written);
  }
  return 0;
}

}  // namespace

void write_png(const std::string& path, const at::Tensor& image) {
  constexpr int64_t kLargestSide = 1 << 14;  // of what fits one chunk
  if (!image.defined() || image.dim() != 3 || !image.is_floating_point() || image.numel() == 0 ||
      (image.size(0) != 3 && image.size(0) != 1) || image.size(1) > kLargestSide ||
      image.size(2) > kLargestSide) {
    throw Error("cannot write " + path +
                ": expected an image (3 or 1, H, W) of a floating type, at most 16384 x 16384 "
                "pixels, found " +
                (image.defined() ? shape_text(image.sizes().vec()) : "none"));
  }
  if (!all_finite(image))
    throw Error("cannot write " + path + ": the image has " + not_finite_text(image));
  // Halves are rounded up.
  const at::Tensor levels = image.to(at::kCPU, at::kFloat)
                                .clamp(-1, 1)
                                .mul(127.5)
                                .add(127.5)
                                .to(at::kDouble)  // which holds the sum exactly
                                .add(0.5)
                                .floor()
                                .to(at::kByte)
                                .permute({1, 2, 0})
                                .contiguous();
  OutputFile file(path);
  int error = file.open();
  if (error == 0) error = write_all(file.descriptor(), png(levels));
  if (error == 0) error = file.commit();
  if (error != 0) throw FileError("cannot write " + path + ": " + std::strerror(error));
}

}  // namespace hspace
