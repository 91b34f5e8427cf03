#include "kernels/prepacked_transposed_conv.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/zeros.h>

#include <array>
#include <optional>
#include <string_view>

#include "kernels/channels_last.h"
#include "kernels/expect.h"

namespace hspace {

namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;
using Reorder = at::Tensor(const at::Tensor&, c10::SymIntArrayRef, c10::SymIntArrayRef,
                           c10::SymIntArrayRef, c10::SymIntArrayRef, c10::SymInt,
                           at::OptionalSymIntArrayRef);
using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                             at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef,
                             int64_t, std::string_view, Scalars, std::optional<std::string_view>);

const std::array<int64_t, 2> kPadding = {1, 1};
const std::array<int64_t, 2> kOutputPadding = {0, 0};
const std::array<int64_t, 2> kStride = {2, 2};
const std::array<int64_t, 2> kDilation = {1, 1};

std::vector<c10::SymInt> symbolic(const std::array<int64_t, 2>& pair) {
  return {c10::SymInt(pair[0]), c10::SymInt(pair[1])};
}

}  // namespace

at::Tensor folded_upsampling_weight(const at::Tensor& weight) {
  // Output row p reads up[p - 1 + k] w[k], and up[q] = x[q / 2]: input row i meets output row
  // p = 2i - 1 + m through k = 2 - m and k = 3 - m, as far as these exist.
  at::Tensor folded =
      at::zeros({weight.size(1), weight.size(0), 4, 4}, weight.options());  // (I, O, 4, 4)
  const at::Tensor swapped = weight.transpose(0, 1);                        // (I, O, 3, 3)
  const auto add = [&](int64_t my, int64_t ky) {
    for (int64_t mx = 0; mx < 4; mx++) {
      for (int64_t kx = 2 - mx; kx <= 3 - mx; kx++) {
        if (kx < 0 || kx > 2) continue;
        folded.select(2, my).select(2, mx).add_(swapped.select(2, ky).select(2, kx));
      }
    }
  };
  for (int64_t my = 0; my < 4; my++) {
    for (int64_t ky = 2 - my; ky <= 3 - my; ky++) {
      if (ky >= 0 && ky <= 2) add(my, ky);
    }
  }
  return folded;
}

PrepackedTransposedConv::PrepackedTransposedConv(const at::Tensor& weight, const at::Tensor& bias)
    : channels_(weight.size(0)), dtype_(weight.scalar_type()), bias_(bias) {
  static const auto reorder =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_reorder_convolution_transpose_weight", "")
          .typed<Reorder>();
  weight_ = reorder.call(weight.contiguous(), symbolic(kPadding), symbolic(kOutputPadding),
                         symbolic(kStride), symbolic(kDilation), c10::SymInt(1), std::nullopt);
}

at::Tensor PrepackedTransposedConv::apply(const at::Tensor& x) const {
  expect("prepacked transposed convolution", x, {kAnySize, channels_, kAnySize, kAnySize}, dtype_);
  static const auto pointwise =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_convolution_transpose_pointwise", "")
          .typed<Pointwise>();
  const std::optional<at::Tensor> bias =
      bias_.defined() ? std::optional<at::Tensor>(bias_) : std::nullopt;
  return pointwise.call(canonical_channels_last(x), weight_, bias, kPadding, kOutputPadding,
                        kStride, kDilation, 1, "none", Scalars(), "");
}

}  // namespace hspace
