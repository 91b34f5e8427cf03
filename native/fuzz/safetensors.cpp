// A safetensors file: every tensor and every line of metadata is read.

#include <ATen/ops/clone.h>

#include "fuzz/target.h"
#include "hspace/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hspace::fuzz::Directory directory;
  const std::string path = directory.write("x.safetensors", data, size);
  hspace::fuzz::read_or_refuse([&] {
    const hspace::SafetensorsFile file(path);
    for (const std::string& name : file.names()) {
      hspace::fuzz::read_or_refuse([&] { file.tensor(name).clone(); });
    }
    for (const std::string& key : file.metadata_keys()) file.metadata(key);
  });
  return 0;
}
