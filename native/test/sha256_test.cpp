#include "files/sha256.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace hspace {
namespace {

class Sha256Test : public testing::TestWithParam<Sha256::Path> {
 protected:
  static std::string hash(const std::string& text) {
    Sha256 sha(GetParam());
    sha.update(text.data(), text.size());
    return sha.finish();
  }
};

// The examples of FIPS 180-4 (NIST, "SHA256.pdf") and the first of its long messages.
TEST_P(Sha256Test, Published) {
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// In pieces of any size, around the ends of blocks too, both ways agree.
TEST_P(Sha256Test, PiecesMakeTheWhole) {
  std::mt19937 random(1);
  for (size_t size = 0; size < 200; ++size) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    Sha256 pieces(GetParam());
    for (size_t at = 0; at < size;) {
      const size_t some = std::min<size_t>(size - at, random() % 70);
      pieces.update(text.data() + at, some);
      at += some;
    }
    Sha256 whole(Sha256::Path::kPortable);
    whole.update(text.data(), size);
    EXPECT_EQ(pieces.finish(), whole.finish()) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Paths, Sha256Test,
                         testing::Values(Sha256::Path::kFastest, Sha256::Path::kPortable));

}  // namespace
}  // namespace hspace
