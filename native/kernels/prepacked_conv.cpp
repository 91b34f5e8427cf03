#include "kernels/prepacked_conv.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <array>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "kernels/channels_last.h"
#include "kernels/expect.h"

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
using BinaryInPlace = at::Tensor&(at::Tensor&, const at::Tensor&, const at::Tensor&,
                                  const std::optional<at::Tensor>&, at::IntArrayRef,
                                  at::IntArrayRef, at::IntArrayRef, int64_t, std::string_view,
                                  std::optional<at::Scalar>, std::optional<std::string_view>,
                                  Scalars, std::optional<std::string_view>);

using Pair = std::array<int64_t, 2>;  // along the height, along the width
constexpr Pair kDilation = {1, 1};
constexpr const char* kName = "prepacked convolution";

std::optional<at::Tensor> optional(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt;
}

at::Tensor prepack(const at::Tensor& weight, const Pair& stride, const Pair& padding,
                   at::OptionalIntArrayRef input_size) {
  static const auto reorder = find_operator<Reorder>("mkldnn::_reorder_convolution_weight", "");
  return reorder.call(weight, padding, stride, kDilation, 1, input_size);
}

}  // namespace

// oneDNN chooses the layout by the shape of the input. For 3x3 kernels a guess without that shape
// proved right; for 1x1 kernels it did not, and oneDNN then converts the weights on every call.
// These are small: they are packed once for each size of picture.
struct PrepackedConv::Weights {
  struct Packed {
    std::array<int64_t, 3> size;  // 1, or 2 for any larger batch; height; width
    at::Tensor weight;            // opaque
  };
  static constexpr size_t kMostPacked = 4;

  StoredWeight plain;  // (O, I, k, k); undefined when packed for all sizes
  at::Tensor packed;   // opaque
  std::mutex mutex;
  std::vector<Packed> by_size;  // latest last

  at::Tensor for_input(const at::Tensor& x, const Pair& stride, const Pair& padding) {
    if (packed.defined()) return packed;
    const std::array<int64_t, 3> size = {x.size(0) == 1 ? 1 : 2, x.size(2), x.size(3)};
    const std::lock_guard<std::mutex> lock(mutex);
    for (const Packed& entry : by_size) {
      if (entry.size == size) return entry.weight;
    }
    if (by_size.size() == kMostPacked) by_size.erase(by_size.begin());
    by_size.push_back({size, prepack(plain.get().contiguous(), stride, padding, x.sizes())});
    return by_size.back().weight;
  }
};

bool PrepackedConv::supports(at::ScalarType dtype) {
  if (dtype == at::kFloat) return true;
  static const bool bfloat16 =
      find_operator<bool()>("mkldnn::_is_mkldnn_bf16_supported", "").call();
  return dtype == at::kBFloat16 && bfloat16;
}

PrepackedConv::PrepackedConv(const StoredWeight& weight, const at::Tensor& bias, int64_t stride,
                             int64_t padding)
    : shape_{weight.size(0), weight.size(1), weight.size(2), weight.size(3)},
      dtype_(weight.scalar_type()),
      stride_{stride, stride},
      padding_{padding, padding},
      weights_(std::make_shared<Weights>()),
      bias_(bias) {
  if (weight.size(2) == 1) {
    weights_->plain = weight;
  } else {
    weights_->packed = prepack(weight.get().contiguous(), stride_, padding_, std::nullopt);
  }
}

PrepackedConv PrepackedConv::without_bias() const {
  PrepackedConv linear = *this;
  linear.bias_ = at::Tensor();
  return linear;
}

// x (B, I, H, W) in the layout that oneDNN takes.
at::Tensor PrepackedConv::checked_input(const at::Tensor& x) const {
  expect(kName, x, {kAnySize, shape_[1], kAnySize, kAnySize}, dtype_);
  return canonical_channels_last(x);
}

at::Tensor PrepackedConv::apply(const at::Tensor& x) const {
  static const auto convolve = find_operator<Pointwise>("mkldnn::_convolution_pointwise", "");
  return convolve.call(checked_input(x), weights_->for_input(x, stride_, padding_), optional(bias_),
                       padding_, stride_, kDilation, 1, "none", Scalars(), std::nullopt);
}

// The sum starts from a copy of the other operand: oneDNN's kernels that read it from elsewhere
// take up to twice as long, the copy a fiftieth.
at::Tensor PrepackedConv::plus(const at::Tensor& x, const at::Tensor& other) const {
  at::Tensor sum = other.clone(at::MemoryFormat::ChannelsLast);
  accumulate(x, sum);
  return sum;
}

void PrepackedConv::accumulate(const at::Tensor& x, at::Tensor& sum) const {
  static const auto convolve =
      find_operator<BinaryInPlace>("mkldnn::_convolution_pointwise_", "binary");
  const at::Tensor input = checked_input(x);
  const auto extent = [&](int64_t d) {
    return (x.size(d) + 2 * padding_[0] - shape_[2]) / stride_[0] + 1;
  };
  expect(kName, sum, {x.size(0), shape_[0], extent(2), extent(3)}, dtype_);
  sum = canonical_channels_last(sum);
  convolve.call(sum, input, weights_->for_input(x, stride_, padding_), optional(bias_), padding_,
                stride_, kDilation, 1, "add", std::nullopt, std::nullopt, Scalars(), std::nullopt);
}

}  // namespace hspace
