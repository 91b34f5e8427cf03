#include "hspace/trajectory.h"

namespace hspace {

struct Trajectory::State {
  at::Tensor x_T;  // (N, C, H, W)
  at::Tensor z;    // (N, T, C, H, W) or undefined
  at::Tensor h;    // (N, T, c, h, w) or undefined
  at::Tensor x_0;  // (N, C, H, W) or undefined
  Lattice lattice;
  Provenance provenance;
};

Trajectory::Trajectory(at::Tensor x_T, at::Tensor z, at::Tensor h, at::Tensor x_0, Lattice lattice,
                       Provenance provenance)
    : state_(
          std::make_shared<State>(State{std::move(x_T), std::move(z), std::move(h), std::move(x_0),
                                        std::move(lattice), std::move(provenance)})) {}

void Trajectory::save(const std::string& path) const {
  TrajectoryWriter writer(path, rows(), provenance());
  writer.append(*this);
  writer.finish();
}

int64_t Trajectory::rows() const { return state_->x_T.size(0); }
int64_t Trajectory::steps() const { return state_->lattice.steps(); }
const at::Tensor& Trajectory::x_T() const { return state_->x_T; }
const at::Tensor& Trajectory::z() const { return state_->z; }
const at::Tensor& Trajectory::h() const { return state_->h; }
const at::Tensor& Trajectory::x_0() const { return state_->x_0; }
const Lattice& Trajectory::lattice() const { return state_->lattice; }
const Provenance& Trajectory::provenance() const { return state_->provenance; }

}  // namespace hspace
