// config.json of a U-Net.

#include "fuzz/target.h"
#include "hspace/config.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hspace::fuzz::Directory directory;
  const std::string path = directory.write("config.json", data, size);
  return hspace::fuzz::read_or_refuse([&] {
    const hspace::UNetConfig config = hspace::UNetConfig::load(path);
    config.time_embed_dim();
    for (const int64_t channels : config.block_out_channels) config.attention_heads(channels);
  });
}
