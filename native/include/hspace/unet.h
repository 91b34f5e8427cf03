#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "hspace/bottleneck.h"
#include "hspace/condition.h"
#include "hspace/config.h"
#include "hspace/export.h"

namespace hspace HSPACE_API {

struct Network;

// diffusers' UNet2DModel or UNet2DConditionModel, cut at the bottleneck: ε(x_t, h_t) as encode()
// and decode().
//
// On the CPU in float32 and bfloat16 both halves run on prepacked convolutions and our own kernels;
// in float64 and on CUDA, and in the autograd_* functions, on plain ATen operators. Neither records
// an autograd graph. Where the model learned its variance too, ε is the first half of its output
// and the rest is not computed. A bfloat16 model takes and returns float32: x, h, Δh and ε keep
// their precision between steps. Copies share the weights and keep them alive; const methods may be
// called from several threads.
class UNet {
 public:
  // directory: a diffusers unet/ directory (config.json and safetensors weights); variant: as in
  // diffusers, e.g. "fp16", or empty. dtype: float32, float64 or bfloat16, whatever the file holds.
  // Error when the configuration or the weights do not fit.
  UNet(const std::string& directory, at::ScalarType dtype, at::Device device,
       const std::string& variant = "");

  const UNetConfig& config() const;
  // What loading remarked: keys of config.json that are not known, tensors without use. One
  // sentence each.
  const std::vector<std::string>& warnings() const { return config().warnings; }
  // How many numbers the network has.
  int64_t parameters() const;
  // The files that the weights come from, sorted.
  std::vector<std::string> weight_files() const;
  // sha256, in hexadecimal, of what decides the network's function: the settings as understood
  // (UNetConfig::canonical_json, one line) and then a line for each tensor that was loaded, sorted:
  // name, shape as "(8, 3, 3, 3)", type as stored ("F32"), and the sha256 of its bytes. How weights
  // are spread over files, what else these hold, and how config.json is written do not matter.
  // Reads all weights again on all threads; Error when their files were changed since.
  std::string hash() const;
  // Precision of the computation.
  at::ScalarType dtype() const;
  // Element type of x, h, Δh and ε: float64 for a float64 model, else float32.
  at::ScalarType io_dtype() const;
  at::Device device() const;

  // x (B, C, H, W), t (1) or (B) training timesteps, any numeric type. H and W must be divisible by
  // 2^(levels - 1). condition: what this model is conditioned on, if on anything; Error when it is
  // not that.
  Bottleneck encode(const at::Tensor& x, const at::Tensor& t, InjectionPoint point,
                    const Condition& condition = {}) const;

  // ε (B, C, H, W) with Δh added at the bottleneck's point.
  // delta_h: undefined, (1, c, h, w) or (B, c, h, w)
  at::Tensor decode(const Bottleneck& bottleneck, const at::Tensor& delta_h = {}) const;

  // encode() and decode() on the plain ATen operators, whatever the device and precision: the
  // oracle that the fast path is compared with.
  Bottleneck reference_encode(const at::Tensor& x, const at::Tensor& t, InjectionPoint point,
                              const Condition& condition = {}) const;
  at::Tensor reference_decode(const Bottleneck& bottleneck, const at::Tensor& delta_h = {}) const;

  // J v and Jᵀ u of the decoder, J = ∂ε/∂h at a bottleneck of one row, by LibTorch's own forward
  // and reverse mode on the plain operators: exact and readable, not fast. v (n, c, h, w) → (n, C,
  // H, W). LibTorch has one forward-mode level a process: callers wait.
  at::Tensor autograd_jvp(const Bottleneck& bottleneck, const at::Tensor& v) const;
  // u (n, C, H, W) → (n, c, h, w)
  at::Tensor autograd_vjp(const Bottleneck& bottleneck, const at::Tensor& u) const;

  // The layers, for the linearised decoder.
  const std::shared_ptr<const Network>& network() const { return network_; }

 private:
  std::shared_ptr<const Network> network_;
};

}  // namespace hspace
