#include "kernels/prepacked_transposed_conv.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/mm.h>
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
  const auto meets = [](int64_t m, int64_t k) { return k == 2 - m || k == 3 - m; };
  at::Tensor sums = at::zeros({9, 16}, at::kDouble);  // (ky kx, my mx)
  auto entry = sums.accessor<double, 2>();
  for (int64_t k = 0; k < 9; ++k) {
    for (int64_t m = 0; m < 16; ++m) {
      entry[k][m] = meets(m / 4, k / 3) && meets(m % 4, k % 3) ? 1 : 0;
    }
  }
  const int64_t outputs = weight.size(0), inputs = weight.size(1);
  const at::Tensor swapped = weight.transpose(0, 1).reshape({inputs * outputs, 9});
  return at::mm(swapped, sums.to(weight.options())).view({inputs, outputs, 4, 4});
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
