#include "pipeline/trajectory_file.h"

namespace hspace {

Trajectory Trajectory::open(const std::string& path, const Model& model) {
  const FormatFile file(path, "a trajectory file", kTrajectoryFormat);
  const Provenance provenance = file.provenance();
  provenance.check_model(model, path);
  provenance.check_scheduler(model, path);
  provenance.check_text(model, path);
  return read_trajectory(file, provenance, model.schedule(), model.sample_shape(),
                         model.bottleneck_shape(provenance.h_space));
}

}  // namespace hspace
