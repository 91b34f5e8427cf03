#include "pipeline/direction_file.h"

namespace hspace {

DirectionSet DirectionSet::open(const std::string& path, const Model& model) {
  const FormatFile file(path, "a direction file", kDirectionFormat);
  const Provenance provenance = file.provenance();
  provenance.check_model(model, path);
  return read_directions(file, provenance, model.bottleneck_shape(provenance.h_space));
}

}  // namespace hspace
