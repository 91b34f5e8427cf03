// J v and Jᵀ u of the decoder by LibTorch's own differentiation: the oracle of the linearised
// decoder.

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_make_dual.h>
#include <ATen/ops/_unpack_dual.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/forward_grad.h>

#include <mutex>

#include "hspace/error.h"
#include "hspace/unet.h"
#include "networks/unet2d/network.h"

namespace hspace {
namespace {

// A forward-mode level; LibTorch has one for the whole process.
class DualLevel {
 public:
  DualLevel() : lock_(mutex()), level_(torch::autograd::forward_ad::enter_dual_level()) {}
  ~DualLevel() { torch::autograd::forward_ad::exit_dual_level(level_); }
  DualLevel(const DualLevel&) = delete;
  DualLevel& operator=(const DualLevel&) = delete;

  uint64_t index() const { return level_; }

 private:
  static std::mutex& mutex() {
    static std::mutex mutex;
    return mutex;
  }

  std::lock_guard<std::mutex> lock_;
  uint64_t level_;
};

// The bottleneck's only row once for each of the n tangents.
Bottleneck repeated(const Bottleneck& bottleneck, const at::Tensor& tangents) {
  if (bottleneck.batch() != 1) {
    throw Error("derivative of the decoder: expected a bottleneck of one row, found " +
                std::to_string(bottleneck.batch()));
  }
  return bottleneck.expand(tangents.size(0));
}

void check_rows(const char* name, const at::Tensor& rows, at::IntArrayRef row_shape) {
  if (!rows.defined() || rows.dim() != 4 || rows.sizes().slice(1) != row_shape) {
    throw Error(std::string("derivative of the decoder: ") + name +
                " has the wrong shape; expected n rows like those of " +
                (name[0] == 'v' ? "h" : "ε"));
  }
}

}  // namespace

at::Tensor UNet::autograd_jvp(const Bottleneck& bottleneck, const at::Tensor& v) const {
  network_->check(bottleneck);
  check_rows("v", v, bottleneck.h.sizes().slice(1));
  const Bottleneck rows = repeated(bottleneck, v);
  const at::AutoGradMode no_graph(false);
  const DualLevel level;
  const at::Tensor h =
      at::_make_dual(rows.h.contiguous(), v.to(rows.h.options()).contiguous(), level.index());
  const at::Tensor epsilon = network_->decode(rows, h, Execution::kReference);
  // The tangent must not outlive the level.
  return std::get<1>(at::_unpack_dual(epsilon, level.index())).clone();
}

at::Tensor UNet::autograd_vjp(const Bottleneck& bottleneck, const at::Tensor& u) const {
  network_->check(bottleneck);
  const UNetConfig& config = network_->config;
  const at::Tensor& top = bottleneck.skips.front();  // the resolution of ε
  check_rows("u", u, {config.in_channels, top.size(2), top.size(3)});
  const Bottleneck rows = repeated(bottleneck, u);
  const at::AutoGradMode graph(true);
  const at::Tensor h = rows.h.detach().contiguous().requires_grad_();
  const at::Tensor epsilon = network_->decode(rows, h, Execution::kReference);
  return torch::autograd::grad({epsilon}, {h}, {u.to(epsilon.options())}).front();
}

}  // namespace hspace
