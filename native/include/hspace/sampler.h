#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "hspace/export.h"
#include "hspace/model.h"
#include "hspace/progress.h"
#include "hspace/provenance.h"
#include "hspace/trajectory.h"

namespace hspace HSPACE_API {

// What is added to the bottleneck at each step of a decoding. One's own may read h and depend on
// it.
class Injection {
 public:
  virtual ~Injection() = default;

  // Δh_t for one batch: undefined for none, else (B, c, h, w) or (1, c, h, w).
  //
  // step: 0 is the first (largest timestep). timestep: its training timestep. first: number of the
  // batch's first row among all decoded rows. h (B, c, h, w): the activation before injection, on
  // the model's device, not to be written to. What it throws ends the decoding and reaches the
  // caller.
  virtual at::Tensor delta_h(int64_t step, int64_t timestep, int64_t first,
                             const at::Tensor& h) = 0;

  // Whether Δh goes into P_t only (Asyrp, two decoder passes) or into both P_t and D_t.
  virtual bool asymmetric() const { return false; }
  // Which passes of guidance Δh goes into.
  virtual InjectInto into() const { return InjectInto::kBoth; }
};

// How trajectories are sampled.
struct SamplingOptions {
  int64_t steps = 50;                               // T
  EtaSchedule eta = EtaSchedule::constant(1);       // noise added at each step: DDPM
  InjectionPoint h_space = InjectionPoint::kAfter;  // where h is read
  bool record_h = true;                             // whether h_t is kept at every step
  int64_t batch = 16;                               // rows of one network pass
  StepNoise noise = StepNoise::kBrownian;           // how z comes from a seed
  bool reference_seeds = false;  // noise as the Python reference: seed for x_T, seed + 1 for z
  bool clip = false;             // whether predictions are clipped as the model's scheduler says
  Conditioning conditioning;     // prompt, guidance, class

  // Error naming the option that is out of range.
  void check() const;
};

// Receives batches of a sampling, in order.
class TrajectorySink {
 public:
  virtual ~TrajectorySink() = default;
  // What it throws ends the sampling and reaches the caller.
  virtual void accept(const Trajectory& part) = 0;
};

// Samples trajectories from seeds and decodes them again, edited or not: Eqs 1-5 of Haas et al.
// Predictions are clipped where the options, or the trajectory's provenance, say so. A step whose
// result is not finite is an Error that names it. Const methods may be called from several threads.
class Sampler {
 public:
  explicit Sampler(Model model);

  // One trajectory a seed, in their order; at least one. The same seed gives the same noise,
  // whatever the others are.
  Trajectory sample(const std::vector<int64_t>& seeds, const SamplingOptions& options,
                    Progress& progress = Progress::none()) const;

  // What these trajectories begin with and the noise on their way, without h and x_0: all that
  // decode() and states() need. Nothing is computed.
  Trajectory draw(const std::vector<int64_t>& seeds, const SamplingOptions& options) const;

  // The same as sample(), batch by batch, none of which is kept.
  void stream(const std::vector<int64_t>& seeds, const SamplingOptions& options,
              TrajectorySink& sink, Progress& progress = Progress::none()) const;

  // What sample() writes into the trajectories of these seeds, for those who stream them into a
  // file.
  Provenance provenance(const std::vector<int64_t>& seeds, const SamplingOptions& options) const;

  // Decodes rows of a trajectory again under an injection (null: none), with the trajectory's own
  // noise, η and clipping.
  //
  // rows: number of the source row that each decoded row starts from; a row may be taken several
  // times. h_space: where Δh is injected. batch: rows of one network pass. → x_0 (rows, C, H, W),
  // in the state's type, on the CPU.
  at::Tensor decode(const Trajectory& source, const std::vector<int64_t>& rows,
                    Injection* injection, InjectionPoint h_space, int64_t batch,
                    Progress& progress = Progress::none()) const;

  // The noisy images that a row passes through: x_t at the start of each of the first `count` steps
  // (count, C, H, W), on the CPU. The network runs once less.
  at::Tensor states(const Trajectory& source, int64_t row, int64_t count) const;

 private:
  Model model_;
};

}  // namespace hspace
