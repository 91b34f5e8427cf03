// A trajectory file of samples {1, 2, 2} and activations {2, 1, 1}.

#include <ATen/TensorOperators.h>

#include "fuzz/target.h"
#include "pipeline/trajectory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hspace::fuzz::Directory directory;
  static const hspace::NoiseSchedule schedule{hspace::SchedulerConfig()};
  const std::string path = directory.write("t.safetensors", data, size);
  return hspace::fuzz::read_or_refuse([&] {
    const hspace::FormatFile file(path, "a trajectory file", hspace::kTrajectoryFormat);
    const hspace::Provenance provenance = file.provenance();
    hspace::Provenance::parse(provenance.json(), path);
    const hspace::Trajectory read =
        hspace::read_trajectory(file, provenance, schedule, {1, 2, 2}, {2, 1, 1});
    for (const at::Tensor& t : {read.x_T(), read.z(), read.h(), read.x_0()}) {
      if (t.defined()) t.sum();
    }
    read.lattice().adds_noise(provenance.eta);
  });
}
