#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "hspace/conditioning.h"
#include "hspace/export.h"
#include "hspace/linearized.h"
#include "hspace/unet.h"

namespace hspace HSPACE_API {

// A U-Net under one condition: ε(x_t, h_t) as samplers see it. Under guidance each sample is two
// rows of the network, in one batch: those of the prompt first, then those of the negative.
// Const methods may be called from several threads.
class GuidedUNet {
 public:
  // conditions: of one row each; none for an unconditional network, two (prompt, negative) under
  // guidance. guidance: w, 1 with fewer than two.
  GuidedUNet(UNet unet, std::vector<Condition> conditions = {}, double guidance = 1);

  const UNet& unet() const { return unet_; }
  bool guided() const { return conditions_.size() == 2; }
  double guidance() const { return guidance_; }

  // x (B, C, H, W), t (1) or (B) → the bottleneck of B rows, 2 B under guidance
  Bottleneck encode(const at::Tensor& x, const at::Tensor& t, InjectionPoint point) const;
  // The activation that is recorded and that directions are of: under guidance the prompt's
  // (B, c, h, w)
  at::Tensor h(const Bottleneck& bottleneck) const;
  // Samples B of a bottleneck that encode() made.
  int64_t samples(const Bottleneck& bottleneck) const;
  // A bottleneck of one sample, `count` times.
  Bottleneck expand(const Bottleneck& bottleneck, int64_t count) const;

  // ε (B, C, H, W), guided. delta_h: undefined, (1, c, h, w) or (B, c, h, w)
  at::Tensor decode(const Bottleneck& bottleneck, const at::Tensor& delta_h = {},
                    InjectInto into = InjectInto::kBoth) const;

 private:
  UNet unet_;
  std::vector<Condition> conditions_;  // of one row each
  double guidance_;
};

// LinearizedDecoder of the guided ε: J = w J(prompt) + (1 - w) J(negative), of the passes that Δh
// goes into.
class GuidedLinearized {
 public:
  // bottleneck: of unet.encode(). mask: undefined, or (1, 1, H, W).
  GuidedLinearized(const GuidedUNet& unet, const Bottleneck& bottleneck,
                   InjectInto into = InjectInto::kBoth, const at::Tensor& mask = {});

  // Number of samples B.
  int64_t batch() const { return batch_; }
  // As LinearizedDecoder's.  v (n, c, h, w), rows (n) in [0, B) → (n, C, H, W), and back
  at::Tensor jvp(const at::Tensor& v, const at::Tensor& rows) const;
  at::Tensor vjp(const at::Tensor& u, const at::Tensor& rows) const;
  int64_t bytes() const { return decoder_.bytes(); }

 private:
  using Product = at::Tensor (LinearizedDecoder::*)(const at::Tensor&, const at::Tensor&) const;
  // The passes' own products with t (n, ...) at rows (n), by their factors.
  at::Tensor combined(Product product, const at::Tensor& t, const at::Tensor& rows) const;

  int64_t batch_;
  std::vector<double> factors_;  // of each pass: 1; or w and 1 - w, 0 where Δh is not added
  LinearizedDecoder decoder_;
};

}  // namespace hspace
