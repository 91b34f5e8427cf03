#include "kernels/prepacked_conv.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <string_view>

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

std::optional<at::Tensor> optional(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt;
}

at::Tensor prepack(const at::Tensor& weight, int64_t stride, int64_t padding) {
  static const auto reorder = find_operator<Reorder>("mkldnn::_reorder_convolution_weight", "");
  const int64_t strides[] = {stride, stride};
  const int64_t paddings[] = {padding, padding};
  const int64_t dilations[] = {1, 1};
  return reorder.call(weight.contiguous(), paddings, strides, dilations, 1,
                      std::nullopt);
}

}  // namespace

PrepackedConv::PrepackedConv(const at::Tensor& weight, const at::Tensor& bias, int64_t stride,
                             int64_t padding)
    : weight_(prepack(weight, stride, padding)), bias_(bias), stride_(stride), padding_(padding) {}

at::Tensor PrepackedConv::apply(const at::Tensor& x) const {
  static const auto convolve = find_operator<Pointwise>("mkldnn::_convolution_pointwise", "");
  const int64_t strides[] = {stride_, stride_};
  const int64_t paddings[] = {padding_, padding_};
  const int64_t dilations[] = {1, 1};
  return convolve.call(x, weight_, optional(bias_), paddings, strides, dilations, 1, "none",
                       Scalars(), std::nullopt);
}

at::Tensor PrepackedConv::plus(const at::Tensor& x, const at::Tensor& other) const {
  static const auto convolve = find_operator<Binary>("mkldnn::_convolution_pointwise", "binary");
  const int64_t strides[] = {stride_, stride_};
  const int64_t paddings[] = {padding_, padding_};
  const int64_t dilations[] = {1, 1};
  return convolve.call(x, other, weight_, optional(bias_), paddings, strides, dilations, 1, "add",
                       std::nullopt, std::nullopt, Scalars(), std::nullopt);
}

void PrepackedConv::accumulate(const at::Tensor& x, at::Tensor& sum) const {
  static const auto convolve =
      find_operator<BinaryInPlace>("mkldnn::_convolution_pointwise_", "binary");
  const int64_t strides[] = {stride_, stride_};
  const int64_t paddings[] = {padding_, padding_};
  const int64_t dilations[] = {1, 1};
  convolve.call(sum, x, weight_, optional(bias_), paddings, strides, dilations, 1, "add",
                std::nullopt, std::nullopt, Scalars(), std::nullopt);
}

}  // namespace hspace
