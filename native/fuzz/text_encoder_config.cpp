// config.json of a text encoder.

#include "fuzz/target.h"
#include "hspace/text_encoder.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hspace::fuzz::Directory directory;
  const std::string path = directory.write("config.json", data, size);
  return hspace::fuzz::read_or_refuse(
      [&] { hspace::TextEncoderConfig::load(path).canonical_json(); });
}
