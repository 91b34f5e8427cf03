// The index of a model whose weights are cut in shards, beside two shards.

#include <ATen/ops/ones.h>

#include "files/weight_files.h"
#include "fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hspace::fuzz::Directory directory;
  static const bool shards = [] {
    for (const std::string name : {"a", "b"}) {
      hspace::SafetensorsWriter writer(directory.path() + "/shard-" + name + ".safetensors");
      writer.declare(name, at::kFloat, {1});
      writer.write(name, at::ones({1}));
      writer.finish();
    }
    return true;
  }();
  static_cast<void>(shards);
  directory.write("diffusion_pytorch_model.safetensors.index.json", data, size);
  return hspace::fuzz::read_or_refuse([&] { hspace::open_weight_files(directory.path(), ""); });
}
