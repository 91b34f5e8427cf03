#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// Where the bottleneck activation h is read, and where Δh is added to it.
enum class InjectionPoint {
  kAfter,   // behind the mid block
  kBefore,  // in front of the mid block
  kMiddle,  // in its second residual block: after norm2 and its time modulation, before the SiLU
};

// All that the decoder needs: the network's state at an injection point, made by UNet::encode and
// never changed. A row is a sample of the batch. It depends on x, t and the condition, but not on
// any Δh, so that one encoder pass serves any number of decoder passes.
struct Bottleneck {
  InjectionPoint point;
  at::Tensor h;                   // (B, c, h, w) the activation before any Δh: the recorded h_t
  at::Tensor residual;            // (B, c, h, w) kMiddle only: input of the second residual block
  std::vector<at::Tensor> skips;  // (B, c_i, h_i, w_i) in the encoder's order
  at::Tensor time;      // (1 or B, columns) time projections of all residual blocks; holds
                        // the other conditions too
  at::Tensor timestep;  // (1 or B) training timesteps
  at::Tensor text;      // (1 or B, tokens, D) of models that read one, else undefined

  int64_t batch() const { return h.size(0); }

  // Rows [first, first + count), as views.
  Bottleneck rows(int64_t first, int64_t count) const;
  // The only row `count` times, as views without copies.
  Bottleneck expand(int64_t count) const;
};

}  // namespace hspace
