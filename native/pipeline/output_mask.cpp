#include "pipeline/output_mask.h"

#include <string>

#include "hspace/error.h"
#include "kernels/expect.h"

namespace hspace {

void check_mask(const at::Tensor& mask, const at::Tensor& x) {
  if (!mask.defined() || mask.sizes().equals({1, 1, x.size(2), x.size(3)})) return;
  const auto pixels = [](const at::Tensor& t) {
    return t.dim() == 4 ? std::to_string(t.size(3)) + " x " + std::to_string(t.size(2))
                        : describe(t);
  };
  throw Error("mask: expected " + pixels(x) + " pixels like the model's images, found " +
              pixels(mask));
}

}  // namespace hspace
