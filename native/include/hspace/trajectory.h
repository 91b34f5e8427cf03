#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "hspace/export.h"
#include "hspace/model.h"
#include "hspace/provenance.h"

namespace hspace HSPACE_API {

// N generation processes on one lattice: what determines each image, (x_T, z), and, where it was
// computed, what came of it, (h, x_0). All tensors are on the CPU, float32 (float64 for a float64
// model); index 0 of a T axis is the first step (largest timestep). Never changed; copies share the
// tensors.
class Trajectory {
 public:
  // x_T (N, C, H, W); z (N, T, C, H, W), undefined where every σ is 0; h (N, T, c, h, w), undefined
  // when not recorded; x_0 (N, C, H, W), undefined when not computed.
  Trajectory(at::Tensor x_T, at::Tensor z, at::Tensor h, at::Tensor x_0, Lattice lattice,
             Provenance provenance);

  // Reads a trajectory file; its tensors stay views of the mapped file. FileError when it is not
  // one, an Error of kind kMismatch when it was made with another model or noise schedule.
  static Trajectory open(const std::string& path, const Model& model);
  // Writes one (see TrajectoryWriter), under a temporary name until it is complete.
  void save(const std::string& path) const;

  // Number of rows N.
  int64_t rows() const;
  // Number of steps T.
  int64_t steps() const;
  // The start x_T (N, C, H, W).
  const at::Tensor& x_T() const;
  // The noise added on the way, z (N, T, C, H, W); undefined where every σ is 0.
  const at::Tensor& z() const;
  // The bottleneck activations h_t before any injection (N, T, c, h, w); undefined when not
  // recorded.
  const at::Tensor& h() const;
  // The images (or latents) at the end, x_0 (N, C, H, W); undefined when not computed.
  const at::Tensor& x_0() const;
  // The timesteps visited.
  const Lattice& lattice() const;
  // Model, schedule, η, and the seeds or images of the rows.
  const Provenance& provenance() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

// Writes N trajectories batch by batch, so that they need not fit in memory. One thread at a time.
//
// Safetensors: x_T (N, C, H, W), x_0 (N, C, H, W), timesteps (T) and, where they are there, z (N,
// T, C, H, W) and h (N, T, c, h, w); metadata format = hspace-trajectory, version = 1, provenance
// (JSON).
class TrajectoryWriter {
 public:
  // Begins a file of N rows. provenance: of all rows together.
  TrajectoryWriter(const std::string& path, int64_t rows, Provenance provenance);
  // Removes what was not finished.
  ~TrajectoryWriter();
  TrajectoryWriter(const TrajectoryWriter&) = delete;
  TrajectoryWriter& operator=(const TrajectoryWriter&) = delete;

  // Appends the rows of a trajectory; the first one decides shapes, types and whether z and h are
  // there. Error when x_0 is not.
  void append(const Trajectory& part);
  // Completes the file and gives it its name. Error when rows are missing or the disk is full.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hspace
