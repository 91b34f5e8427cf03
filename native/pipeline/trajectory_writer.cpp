#include <ATen/ops/tensor.h>

#include <utility>

#include "hspace/error.h"
#include "hspace/safetensors.h"
#include "hspace/trajectory.h"
#include "pipeline/trajectory_file.h"

namespace hspace {

struct TrajectoryWriter::State {
  State(const std::string& path, int64_t rows, Provenance provenance)
      : writer(path), rows(rows), provenance(std::move(provenance)) {}

  void declare(const std::string& name, const at::Tensor& like) {
    if (!like.defined()) return;
    std::vector<int64_t> shape = like.sizes().vec();
    shape[0] = rows;
    writer.declare(name, like.scalar_type(), shape);
  }

  void declare(const Trajectory& part) {
    writer.metadata("format", kTrajectoryFormat);
    writer.metadata("version", "1");
    writer.metadata("provenance", provenance.json());
    declare("x_T", part.x_T());
    declare("x_0", part.x_0());
    declare("z", part.z());
    declare("h", part.h());
    const std::vector<int64_t>& timesteps = part.lattice().timesteps;
    writer.declare("timesteps", at::kLong, {static_cast<int64_t>(timesteps.size())});
    writer.write("timesteps", at::tensor(timesteps));
  }

  void write(const std::string& name, const at::Tensor& part) {
    if (part.defined()) writer.write(name, part, written);
  }

  SafetensorsWriter writer;
  int64_t rows;
  Provenance provenance;
  int64_t written = 0;
};

TrajectoryWriter::TrajectoryWriter(const std::string& path, int64_t rows, Provenance provenance)
    : state_(std::make_unique<State>(path, rows, std::move(provenance))) {}

TrajectoryWriter::~TrajectoryWriter() = default;

void TrajectoryWriter::append(const Trajectory& part) {
  State& state = *state_;
  if (!part.x_0().defined()) throw Error("x_0: of a trajectory that was only drawn");
  if (state.written == 0) state.declare(part);
  state.write("x_T", part.x_T());
  state.write("x_0", part.x_0());
  state.write("z", part.z());
  state.write("h", part.h());
  state.written += part.rows();
}

void TrajectoryWriter::finish() { state_->writer.finish(); }

}  // namespace hspace
