#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "hspace/bottleneck.h"
#include "hspace/export.h"
#include "hspace/unet.h"

namespace hspace HSPACE_API {

// The decoder's exact derivative at fixed points: J_b = d(mask * epsilon) / dh at each of the B
// rows of a bottleneck, as a linear map and its transpose (Haas et al., section III-B; Jacobian of
// the denoiser with respect to the bottleneck activation).
//
// Making it runs the decoder once and records what the derivative of each layer needs: normalised
// activations and slopes of normalisations and gates, q, k, v and the attention's weights; where
// these are many (above 16 MiB a layer and row) each product makes them again, a block at a time.
// Products recompute nothing else of the decoder, keep no autograd graph, and may be taken for any
// number of tangents of any rows in one call. Skip connections and the text do not vary with h;
// nearest-neighbour upsampling is folded into the convolution behind it, both ways.
//
// Computes in the model's precision, in float32 for a bfloat16 model. It keeps the UNet's weights
// alive, and nothing of the bottleneck. Const methods may be called from several threads.
class LinearizedDecoder {
 public:
  // mask: undefined, or (1 or B, 1, H, W) in the size of epsilon. Error when it does not fit.
  LinearizedDecoder(const UNet& unet, const Bottleneck& bottleneck, const at::Tensor& mask = {});
  ~LinearizedDecoder();
  LinearizedDecoder(LinearizedDecoder&&) noexcept;
  LinearizedDecoder& operator=(LinearizedDecoder&&) noexcept;

  // Number of rows B.
  int64_t batch() const;

  // Out of i: J_rows[i] v_i.  v (n, c, h, w), rows (n) int64 in [0, B) -> (n, C, H, W)
  at::Tensor jvp(const at::Tensor& v, const at::Tensor& rows) const;
  // J_rows[i]^T u_i.  u (n, C, H, W), rows (n) int64 in [0, B) -> (n, c, h, w)
  at::Tensor vjp(const at::Tensor& u, const at::Tensor& rows) const;

  // Bytes recorded, proportional to B; without the weights, which all derivatives of a UNet share.
  int64_t bytes() const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace hspace
