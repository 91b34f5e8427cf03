#include "kernels/prepacked_conv.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <array>
#include <optional>
#include <string_view>

#include "kernels/channels_last.h"

namespace hspace {
namespace {

// The operators that TorchInductor calls; LibTorch has no C++ function for them, only the registry.
template <typename Signature>
c10::TypedOperatorHandle<Signature> find_operator(const char* name, const char* overload) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

using Scalars = c10::List<std::optional<at::Scalar>>;
using Reorder = at::Tensor(const at::Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef,
                           int64_t, at::OptionalIntArrayRef);
using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                             at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t,
                             std::string_view, Scalars, std::optional<std::string_view>);
using Binary = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                          const std::optional<at::Tensor>&, at::IntArrayRef, at::IntArrayRef,
                          at::IntArrayRef, int64_t, std::string_view, std::optional<at::Scalar>,
                          std::optional<std::string_view>, Scalars,
                          std::optional<std::string_view>);
using BinaryInPlace = at::Tensor&(at::Tensor&, const at::Tensor&, const at::Tensor&,
                                  const std::optional<at::Tensor>&, at::IntArrayRef,
                                  at::IntArrayRef, at::IntArrayRef, int64_t, std::string_view,
                                  std::optional<at::Scalar>, std::optional<std::string_view>,
                                  Scalars, std::optional<std::string_view>);

using Pair = std::array<int64_t, 2>;  // along the height, along the width
constexpr Pair kDilation = {1, 1};

std::optional<at::Tensor> optional(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt;
}

at::Tensor prepack(const at::Tensor& weight, const Pair& stride, const Pair& padding) {
  static const auto reorder = find_operator<Reorder>("mkldnn::_reorder_convolution_weight", "");
  return reorder.call(weight.contiguous(), padding, stride, kDilation, 1, std::nullopt);
}

}  // namespace

PrepackedConv::PrepackedConv(const at::Tensor& weight, const at::Tensor& bias, int64_t stride,
                             int64_t padding)
    : stride_{stride, stride},
      padding_{padding, padding},
      weight_(prepack(weight, stride_, padding_)),
      bias_(bias) {}

at::Tensor PrepackedConv::apply(const at::Tensor& x) const {
  static const auto convolve = find_operator<Pointwise>("mkldnn::_convolution_pointwise", "");
  return convolve.call(canonical_channels_last(x), weight_, optional(bias_), padding_, stride_,
                       kDilation, 1, "none", Scalars(), std::nullopt);
}

at::Tensor PrepackedConv::plus(const at::Tensor& x, const at::Tensor& other) const {
  // oneDNN finds no layout for the other operand of a picture of one pixel.
  if (other.size(2) * other.size(3) == 1) return apply(x).add_(other);
  static const auto convolve = find_operator<Binary>("mkldnn::_convolution_pointwise", "binary");
  return convolve.call(canonical_channels_last(x), canonical_channels_last(other), weight_,
                       optional(bias_), padding_, stride_, kDilation, 1, "add", std::nullopt,
                       std::nullopt, Scalars(), std::nullopt);
}

void PrepackedConv::accumulate(const at::Tensor& x, at::Tensor& sum) const {
  static const auto convolve =
      find_operator<BinaryInPlace>("mkldnn::_convolution_pointwise_", "binary");
  sum = canonical_channels_last(sum);
  convolve.call(sum, canonical_channels_last(x), weight_, optional(bias_), padding_, stride_,
                kDilation, 1, "add", std::nullopt, std::nullopt, Scalars(), std::nullopt);
}

}  // namespace hspace
