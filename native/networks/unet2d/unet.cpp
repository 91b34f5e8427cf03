#include "hspace/unet.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include <utility>

#include "files/sha256.h"
#include "hspace/error.h"
#include "kernels/expect.h"
#include "layers/device_check.h"
#include "networks/unet2d/network.h"

namespace hspace {
namespace {

void check_input(const at::Tensor& x, const at::Tensor& t, const UNetConfig& config) {
  const int64_t factor = int64_t{1} << (config.block_out_channels.size() - 1);
  if (!x.defined() || x.dim() != 4 || x.size(1) != config.in_channels || x.size(0) < 1 ||
      x.size(2) < 1 || x.size(3) < 1 || x.size(2) % factor != 0 || x.size(3) % factor != 0) {
    throw Error("U-Net input x: expected (B, " + std::to_string(config.in_channels) +
                ", H, W) with H and W divisible by " + std::to_string(factor) + ", found " +
                describe(x));
  }
  if (!t.defined() || t.dim() > 1 || (t.numel() != 1 && t.numel() != x.size(0))) {
    throw Error("U-Net timesteps t: expected one, or one for each of the " +
                std::to_string(x.size(0)) + " rows of x, found " + describe(t));
  }
}

void check_delta(const at::Tensor& delta_h, const at::Tensor& h) {
  if (!delta_h.defined()) return;
  const bool fits = delta_h.dim() == 4 && delta_h.sizes().slice(1) == h.sizes().slice(1) &&
                    (delta_h.size(0) == 1 || delta_h.size(0) == h.size(0));
  if (!fits) {
    throw Error("Δh: expected " + describe(h) + " or one row of it, found " + describe(delta_h));
  }
}

Bottleneck encode(const Network& network, const at::Tensor& x, const at::Tensor& t,
                  InjectionPoint point, const Condition& condition, Execution execution) {
  check_input(x, t, network.config);
  network.condition_embedding.check(condition, x.size(0));
  const at::AutoDispatchBelowADInplaceOrView without_autograd;
  const Placement& placement = network.placement;
  return network.encode(x.to(placement.device, placement.wide()),
                        t.reshape({-1}).to(placement.device), condition, point, execution);
}

at::Tensor decode(const Network& network, const Bottleneck& bottleneck, const at::Tensor& delta_h,
                  Execution execution) {
  network.check(bottleneck);
  check_delta(delta_h, bottleneck.h);
  const at::AutoDispatchBelowADInplaceOrView without_autograd;
  const at::Tensor h =
      delta_h.defined() ? bottleneck.h + delta_h.to(bottleneck.h.options()) : bottleneck.h;
  return network.decode(bottleneck, h, execution);
}

}  // namespace

UNet::UNet(const std::string& directory, at::ScalarType dtype, at::Device device,
           const std::string& variant)
    : network_(Network::load(directory, variant, checked_placement(dtype, device))) {}

const UNetConfig& UNet::config() const { return network_->config; }
int64_t UNet::parameters() const { return network_->weights->parameters(); }
std::vector<std::string> UNet::weight_files() const { return network_->weights->paths(); }

std::string UNet::hash() const {
  const std::string text =
      network_->config.canonical_json() + "\n" + network_->weights->fingerprint();
  return Sha256::of(text.data(), text.size());
}

at::ScalarType UNet::dtype() const { return network_->placement.dtype; }
at::ScalarType UNet::io_dtype() const { return network_->placement.wide(); }
at::Device UNet::device() const { return network_->placement.device; }

Bottleneck UNet::encode(const at::Tensor& x, const at::Tensor& t, InjectionPoint point,
                        const Condition& condition) const {
  return hspace::encode(*network_, x, t, point, condition, network_->execution());
}

at::Tensor UNet::decode(const Bottleneck& bottleneck, const at::Tensor& delta_h) const {
  return hspace::decode(*network_, bottleneck, delta_h, network_->execution());
}

Bottleneck UNet::reference_encode(const at::Tensor& x, const at::Tensor& t, InjectionPoint point,
                                  const Condition& condition) const {
  return hspace::encode(*network_, x, t, point, condition, Execution::kReference);
}

at::Tensor UNet::reference_decode(const Bottleneck& bottleneck, const at::Tensor& delta_h) const {
  return hspace::decode(*network_, bottleneck, delta_h, Execution::kReference);
}

}  // namespace hspace
