// config.json of an autoencoder.

#include "fuzz/target.h"
#include "hspace/autoencoder.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hspace::fuzz::Directory directory;
  const std::string path = directory.write("config.json", data, size);
  return hspace::fuzz::read_or_refuse([&] {
    const auto config = hspace::AutoencoderConfig::load(path);
    config.canonical_json();
    config.factor();
  });
}
