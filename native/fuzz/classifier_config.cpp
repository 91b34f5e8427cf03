// config.json of a classifier, beside real weights.

#include "fuzz/target.h"
#include "hspace/classifier.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hspace::fuzz::Directory directory;
  static const bool weights = [] {
    directory.copy(HSPACE_GOLDEN_DIR "/classifiers/basic/model.safetensors", "model.safetensors");
    return true;
  }();
  static_cast<void>(weights);
  directory.write("config.json", data, size);
  return hspace::fuzz::read_or_refuse(
      [&] { hspace::Classifier(directory.path(), at::kCPU).labels(); });
}
