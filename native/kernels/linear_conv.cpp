#include "kernels/linear_conv.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>

#include <mutex>
#include <optional>

#include "kernels/prepacked_transposed_conv.h"

namespace hspace {

struct LinearConv::State {
  StoredWeight source;  // (O, I, k, k)
  double factor = 1;
  bool upsamples = false;
  std::optional<PrepackedConv> shared;  // the forward map, if somebody else has it

  struct Map {
    std::once_flag once;
    at::Tensor weight;  // for ATen: (O, I, k, k), transposed (I, O, k, k); upsampled (I, O, 4, 4)
    std::optional<PrepackedConv> packed;
    std::optional<PrepackedTransposedConv> packed_transposed;
  };
  Map forward;
  Map transpose;

  bool prepacks() const { return source.device().is_cpu() && source.scalar_type() != at::kDouble; }

  // The weight in the precision of the derivative: a bfloat16 model is differentiated in float32.
  at::Tensor weight() const {
    const at::Tensor own = source.get();
    const at::Tensor wide = own.scalar_type() == at::kBFloat16 ? own.to(at::kFloat) : own;
    return factor == 1 ? wide : wide * factor;
  }

  const Map& prepared_forward() {
    std::call_once(forward.once, [this] {
      const at::AutoDispatchBelowADInplaceOrView without_autograd;
      if (upsamples) {
        const at::Tensor folded = folded_upsampling_weight(weight());
        if (prepacks()) {
          forward.packed_transposed.emplace(folded);
        } else {
          forward.weight = folded;
        }
      } else if (shared) {
        forward.packed = shared;
      } else if (prepacks()) {
        forward.packed.emplace(weight(), at::Tensor(), 1, source.size(2) / 2);
      } else {
        forward.weight = weight().contiguous(at::MemoryFormat::ChannelsLast);
      }
    });
    return forward;
  }

  const Map& prepared_transpose() {
    std::call_once(transpose.once, [this] {
      const at::AutoDispatchBelowADInplaceOrView without_autograd;
      // Read as (O, I, k, k), the weight of a transposed convolution is that of its transpose.
      const at::Tensor turned =
          upsamples ? folded_upsampling_weight(weight()) : weight().flip({2, 3}).transpose(0, 1);
      if (prepacks()) {
        transpose.packed.emplace(turned, at::Tensor(), stride(), padding());
      } else {
        transpose.weight = turned.contiguous(at::MemoryFormat::ChannelsLast);
      }
    });
    return transpose;
  }

  int64_t stride() const { return upsamples ? 2 : 1; }
  int64_t padding() const { return source.size(2) / 2; }
};

namespace {

at::Tensor plus(at::Tensor y, const at::Tensor& addend) {
  y = y.contiguous(at::MemoryFormat::ChannelsLast);
  return addend.defined() ? y.add_(addend) : y;
}

}  // namespace

LinearConv LinearConv::same(const StoredWeight& weight, double factor,
                            const PrepackedConv* packed) {
  LinearConv conv;
  conv.state_ = std::make_shared<State>();
  conv.state_->source = weight;
  conv.state_->factor = factor;
  if (packed != nullptr && factor == 1 && weight.scalar_type() == at::kFloat)
    conv.state_->shared = packed->without_bias();
  return conv;
}

LinearConv LinearConv::upsampled(const StoredWeight& weight) {
  LinearConv conv = same(weight);
  conv.state_->upsamples = true;
  return conv;
}

at::Tensor LinearConv::apply(const at::Tensor& x, const at::Tensor& addend) const {
  const State::Map& map = state_->prepared_forward();
  if (map.packed_transposed) return plus(map.packed_transposed->apply(x), addend);
  if (map.packed) return addend.defined() ? map.packed->plus(x, addend) : map.packed->apply(x);
  if (state_->upsamples) {
    return plus(at::conv_transpose2d(x, map.weight, {}, state_->stride(), state_->padding()),
                addend);
  }
  return plus(at::conv2d(x, map.weight, {}, state_->stride(), state_->padding()), addend);
}

void LinearConv::accumulate(const at::Tensor& x, at::Tensor& sum) const {
  const State::Map& map = state_->prepared_forward();
  // oneDNN finds no layout for the other operand of a picture of one pixel.
  if (map.packed && sum.size(2) * sum.size(3) > 1) {
    map.packed->accumulate(x, sum);
  } else {
    sum.add_(apply(x));
  }
}

at::Tensor LinearConv::transpose(const at::Tensor& y, const at::Tensor& addend) const {
  const State::Map& map = state_->prepared_transpose();
  if (map.packed) return addend.defined() ? map.packed->plus(y, addend) : map.packed->apply(y);
  return plus(at::conv2d(y, map.weight, {}, state_->stride(), state_->padding()), addend);
}

}  // namespace hspace
