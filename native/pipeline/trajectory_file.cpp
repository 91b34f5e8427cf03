#include "pipeline/trajectory_file.h"

#include <utility>

#include "hspace/error.h"

namespace hspace {

namespace {

Lattice read_lattice(const FormatFile& file, const Provenance& provenance,
                     const NoiseSchedule& schedule) {
  const std::vector<int64_t> timesteps = file.timesteps("timesteps");
  if (timesteps[0] >= schedule.train_timesteps()) {
    file.refuse("timesteps", "numbers below " + std::to_string(schedule.train_timesteps()),
                std::to_string(timesteps[0]));
  }
  if (provenance.eta.size() != timesteps.size()) {
    file.refuse("timesteps",
                std::to_string(provenance.eta.size()) +
                    " of them, as many as values of eta in its provenance",
                std::to_string(timesteps.size()));
  }
  return schedule.lattice(timesteps);
}

void check_rows(const FormatFile& file, const Provenance& provenance, int64_t rows) {
  const auto expect = [&](size_t found) {
    if (static_cast<int64_t>(found) == rows) return;
    file.refuse("metadata 'provenance'", "seeds or images of " + std::to_string(rows) + " rows",
                "those of " + std::to_string(found));
  };
  if (provenance.images) {
    expect(provenance.images->size());
  } else if (provenance.seeds) {
    expect(provenance.seeds->size());
  } else {
    file.refuse("metadata 'provenance'", "seeds or images of " + std::to_string(rows) + " rows",
                "none");
  }
}

}  // namespace

Trajectory read_trajectory(const FormatFile& file, const Provenance& provenance,
                           const NoiseSchedule& schedule, const std::array<int64_t, 3>& sample,
                           const std::array<int64_t, 3>& activation) {
  Lattice lattice = read_lattice(file, provenance, schedule);
  const int64_t steps = lattice.steps();
  const at::Tensor x_T = file.finite("x_T", {-1, sample[0], sample[1], sample[2]});
  const int64_t rows = x_T.size(0);
  check_rows(file, provenance, rows);
  if (lattice.adds_noise(provenance.eta) && !file.contains("z"))
    file.refuse("z", "a tensor z, because eta is above 0", "none");
  at::Tensor z, h;
  if (file.contains("z")) z = file.finite("z", {rows, steps, sample[0], sample[1], sample[2]});
  if (file.contains("h")) {  // as large as all else together, and seldom read: not looked through
    h = file.floats("h", {rows, steps, activation[0], activation[1], activation[2]});
  }
  const at::Tensor x_0 = file.finite("x_0", {rows, sample[0], sample[1], sample[2]});
  return Trajectory(x_T, z, h, x_0, std::move(lattice), provenance);
}

}  // namespace hspace
