// A direction file, for a model whose activations are {2, 2, 2}.

#include "fuzz/target.h"
#include "pipeline/direction_file.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hspace::fuzz::Directory directory;
  const std::string path = directory.write("d.safetensors", data, size);
  return hspace::fuzz::read_or_refuse([&] {
    const hspace::FormatFile file(path, "a direction file", hspace::kDirectionFormat);
    const hspace::DirectionSet set = hspace::read_directions(file, file.provenance(), {2, 2, 2});
    for (int64_t k = 0; k < set.size(); ++k) set.get(k).on_lattice({999, 500, 0});
    std::vector<std::string> names = set.names();
    for (const std::string& name : set.names()) names.push_back(name + "'");
    const hspace::DirectionSet both = hspace::DirectionSet::merge({set, set}, names);
    hspace::Provenance::parse(both.provenance().json(), path);
  });
}
