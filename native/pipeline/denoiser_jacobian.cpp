#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "hspace/error.h"
#include "hspace/jacobian.h"
#include "kernels/expect.h"
#include "pipeline/output_mask.h"

namespace hspace {

namespace {

at::Tensor indices(const std::vector<int64_t>& numbers) { return at::tensor(numbers, at::kLong); }

Bottleneck encode(const GuidedUNet& unet, const at::Tensor& x,
                  const std::vector<int64_t>& timesteps, const std::vector<int64_t>& identities,
                  InjectionPoint h_space, const at::Tensor& mask) {
  const auto problems = static_cast<int64_t>(timesteps.size());
  if (!x.defined() || x.dim() != 4 || x.size(0) != problems || problems == 0 ||
      identities.size() != timesteps.size()) {
    throw Error("Jacobian: expected an image (C, H, W) and an identity for each of " +
                std::to_string(problems) + " timesteps, at least one, found " + describe(x) +
                " and " + std::to_string(identities.size()));
  }
  check_mask(mask, x);
  const UNet& network = unet.unet();
  return unet.encode(x.to(network.device(), network.io_dtype()),
                     indices(timesteps).to(network.device()), h_space);
}

}  // namespace

DenoiserJacobian::DenoiserJacobian(const GuidedUNet& unet, const at::Tensor& x,
                                   const std::vector<int64_t>& timesteps,
                                   const std::vector<int64_t>& identities, InjectionPoint h_space,
                                   const at::Tensor& mask, InjectInto into)
    : DenoiserJacobian(unet, encode(unet, x, timesteps, identities, h_space, mask), x, timesteps,
                       identities, mask, into) {}

DenoiserJacobian::DenoiserJacobian(const GuidedUNet& unet, const Bottleneck& bottleneck,
                                   const at::Tensor& x, const std::vector<int64_t>& timesteps,
                                   const std::vector<int64_t>& identities, const at::Tensor& mask,
                                   InjectInto into)
    : decoder_(unet, bottleneck, into, mask),
      domain_(bottleneck.h.sizes().slice(1).vec()),
      codomain_(x.sizes().slice(1).vec()),
      options_(bottleneck.h.options()),
      timesteps_(timesteps),
      identities_(identities) {}

std::string DenoiserJacobian::name(int64_t problem) const {
  return "timestep " + std::to_string(timesteps_[problem]);
}

at::Tensor DenoiserJacobian::apply(const at::Tensor& v, const std::vector<int64_t>& problem) const {
  return decoder_.jvp(v, indices(problem));
}

at::Tensor DenoiserJacobian::apply_transpose(const at::Tensor& u,
                                             const std::vector<int64_t>& problem) const {
  return decoder_.vjp(u, indices(problem));
}

}  // namespace hspace
