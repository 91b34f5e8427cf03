#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace hspace {

// SHA-256 (FIPS 180-4), by the processor's own instructions where it has them.
class Sha256 {
 public:
  enum class Path { kFastest, kPortable };

  explicit Sha256(Path path = Path::kFastest);

  void update(const void* data, size_t size);
  // The digest in hexadecimal; nothing may follow.
  std::string finish();

  // Of one piece of memory.
  static std::string of(const void* data, size_t size);

 private:
  using Compress = void (*)(uint32_t* state, const uint8_t* blocks, size_t count);

  Compress compress_;
  std::array<uint32_t, 8> state_;
  std::array<uint8_t, 64> pending_{};  // what does not fill a block yet
  uint64_t size_ = 0;                  // bytes so far
};

}  // namespace hspace
