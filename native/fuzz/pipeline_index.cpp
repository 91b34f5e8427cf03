// model_index.json.

#include "pipeline/pipeline_index.h"

#include "fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hspace::fuzz::Directory directory;
  const std::string path = directory.write("model_index.json", data, size);
  return hspace::fuzz::read_or_refuse(
      [&] { hspace::PipelineIndex::read(path).check_files(directory.path()); });
}
