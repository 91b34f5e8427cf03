#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "hspace/error.h"
#include "hspace/linearized.h"
#include "kernels/expect.h"
#include "layers/pieces.h"
#include "networks/unet2d/decoder_maps.h"
#include "networks/unet2d/network.h"

namespace hspace {

namespace {

// Rows recorded at once: bounds the memory of the pass that records.
constexpr int64_t kRecordedAtOnce = 4;

at::Tensor channels_last(const at::Tensor& t) {
  return t.contiguous(at::MemoryFormat::ChannelsLast);
}

// A stage over a batch of any size, in pieces.
template <typename Stage>
at::Tensor in_pieces(const at::Tensor& x, const Rows& rows, int64_t piece, Stage stage) {
  const int64_t n = x.size(0);
  if (n <= piece) return stage(x, rows);
  const int64_t pieces = (n + piece - 1) / piece;
  std::vector<at::Tensor> results;
  int64_t first = 0;
  for (int64_t i = 0; i < pieces; ++i) {
    const int64_t count = (n - first) / (pieces - i);
    results.push_back(stage(x.narrow(0, first, count), rows.slice(first, count)));
    first += count;
  }
  return at::cat(results);
}

}  // namespace

struct LinearizedDecoder::State {
  std::shared_ptr<const Network> network;
  const DecoderMaps& maps;
  at::TensorOptions options;       // of h and epsilon
  std::vector<int64_t> h_shape;    // c, h, w
  std::vector<int64_t> out_shape;  // C, H, W
  int64_t batch = 0;
  std::vector<int64_t> stage_bytes;  // of one tangent's largest activation: bottleneck, up blocks

  std::optional<ResnetDerivative> mid_resnet0;
  std::optional<SpatialAttentionDerivative> mid_attention;
  std::optional<ResnetDerivative> mid_resnet1;
  std::optional<ResnetTailDerivative> mid_tail;
  std::vector<UpBlockDerivative> up_blocks;
  GroupNormSiluDerivative norm_out;
  at::Tensor
      factor;  // mask, and what the Fourier embedding divides by: (1 or B, 1, 1 or H, 1 or W)

  explicit State(const UNet& unet) : network(unet.network()), maps(*network->decoder_maps) {}

  void record(const Bottleneck& bottleneck, RecordedRows where);
  at::Tensor record_bottleneck(const Bottleneck& bottleneck, RecordedRows where,
                               Execution execution);
  void set_factor(const Bottleneck& bottleneck, const at::Tensor& mask);

  Rows check(const char* name, const at::Tensor& tangents, const std::vector<int64_t>& shape,
             const at::Tensor& rows) const;
  at::Tensor factor_at(const Rows& rows) const {
    return factor.size(0) == 1 ? factor : factor.index_select(0, rows.device);
  }
  int64_t piece(size_t stage) const { return tangents_a_piece(stage_bytes[stage]); }

  at::Tensor enter(at::Tensor dh, const Rows& rows) const;
  at::Tensor enter_transpose(at::Tensor u, const Rows& rows) const;
  at::Tensor head(const at::Tensor& dx, const Rows& rows) const;
  at::Tensor head_transpose(const at::Tensor& u, const Rows& rows) const;
};

at::Tensor LinearizedDecoder::State::record_bottleneck(const Bottleneck& bottleneck,
                                                       RecordedRows where, Execution execution) {
  const MidBlock& mid = network->mid_block;
  at::Tensor x = channels_last(bottleneck.h);
  switch (bottleneck.point) {
    case InjectionPoint::kAfter:
      return x;
    case InjectionPoint::kBefore:
      if (!mid_resnet0) mid_resnet0.emplace(maps.mid_resnet0);
      x = mid_resnet0->record(mid.resnet0, {x}, bottleneck.time, where, execution);
      if (mid.attention) {
        if (!mid_attention) mid_attention.emplace(*maps.mid_attention);
        x = mid_attention->record(*mid.attention, x, bottleneck.text, where, execution);
      }
      if (!mid_resnet1) mid_resnet1.emplace(maps.mid_resnet1);
      return mid_resnet1->record(mid.resnet1, {x}, bottleneck.time, where, execution);
    case InjectionPoint::kMiddle:
      if (!mid_tail) mid_tail.emplace(maps.mid_resnet1);
      return mid_tail->record(mid.resnet1, x, {bottleneck.residual.to(x.scalar_type())}, where,
                              execution);
  }
  throw Error("unknown injection point");
}

void LinearizedDecoder::State::record(const Bottleneck& bottleneck, RecordedRows where) {
  const Execution execution = network->execution();
  at::Tensor x = record_bottleneck(bottleneck, where, execution);
  size_t remaining = bottleneck.skips.size();
  for (size_t i = 0; i < up_blocks.size(); ++i) {
    x = up_blocks[i].record(network->up_blocks[i], x, bottleneck.time, bottleneck.text,
                            bottleneck.skips, remaining, where, execution);
    stage_bytes[i + 1] = static_cast<int64_t>(x.nbytes()) / x.size(0);
  }
  norm_out.record(x, network->conv_norm_out.parameters, {}, Activation::kSilu, x.size(1), where);
  out_shape = {network->config.in_channels, x.size(2), x.size(3)};
}

void LinearizedDecoder::State::set_factor(const Bottleneck& bottleneck, const at::Tensor& mask) {
  if (mask.defined()) {
    const bool fits = mask.dim() == 4 && (mask.size(0) == 1 || mask.size(0) == batch) &&
                      mask.size(1) == 1 && mask.size(2) == out_shape[1] &&
                      mask.size(3) == out_shape[2];
    if (!fits) {
      throw Error("mask: expected (1 or " + std::to_string(batch) + ", 1, " +
                  std::to_string(out_shape[1]) + ", " + std::to_string(out_shape[2]) + "), found " +
                  describe(mask));
    }
    factor = mask.to(options);
  }
  if (network->config.time_embedding_type == TimeEmbeddingType::kFourier) {
    const at::Tensor scale = bottleneck.timestep.to(options).reciprocal().view({-1, 1, 1, 1});
    factor = factor.defined() ? factor * scale : scale;
  }
}

Rows LinearizedDecoder::State::check(const char* name, const at::Tensor& tangents,
                                     const std::vector<int64_t>& shape,
                                     const at::Tensor& rows) const {
  const auto text = [](at::IntArrayRef sizes) {
    std::ostringstream stream;
    stream << sizes;
    return stream.str();
  };
  if (!tangents.defined() || tangents.dim() != 4 || tangents.sizes().slice(1) != shape) {
    throw Error(std::string("linearised decoder: ") + name + ": expected n rows of " + text(shape) +
                ", found " + describe(tangents));
  }
  if (!rows.defined() || rows.dim() != 1 || rows.size(0) != tangents.size(0) ||
      rows.scalar_type() != at::kLong) {
    throw Error("linearised decoder: rows: expected [" + std::to_string(tangents.size(0)) +
                "] Long, found " + describe(rows));
  }
  const at::Tensor host = rows.cpu().contiguous();
  const Rows result{host, host.to(options.device())};
  for (int64_t i = 0; i < result.size(); ++i) {
    if (result[i] < 0 || result[i] >= batch) {
      throw Error("linearised decoder: rows: expected values in [0, " + std::to_string(batch) +
                  "), found " + std::to_string(result[i]));
    }
  }
  return result;
}

at::Tensor LinearizedDecoder::State::enter(at::Tensor dh, const Rows& rows) const {
  if (mid_tail) return mid_tail->jvp(dh, rows);
  if (!mid_resnet0) return dh;
  dh = mid_resnet0->jvp(dh, rows);
  if (mid_attention) dh = mid_attention->jvp(dh, rows);
  return mid_resnet1->jvp(dh, rows);
}

at::Tensor LinearizedDecoder::State::enter_transpose(at::Tensor u, const Rows& rows) const {
  if (mid_tail) return mid_tail->vjp(u, rows);
  if (!mid_resnet0) return u;
  u = mid_resnet1->vjp(u, rows);
  if (mid_attention) u = mid_attention->vjp(u, rows);
  return mid_resnet0->vjp(u, rows);
}

at::Tensor LinearizedDecoder::State::head(const at::Tensor& dx, const Rows& rows) const {
  const at::Tensor epsilon = maps.conv_out.apply(norm_out.jvp(dx, rows));
  return (factor.defined() ? epsilon * factor_at(rows) : epsilon).contiguous();
}

at::Tensor LinearizedDecoder::State::head_transpose(const at::Tensor& u, const Rows& rows) const {
  const at::Tensor epsilon = channels_last(factor.defined() ? u * factor_at(rows) : u);
  return norm_out.vjp(maps.conv_out.transpose(epsilon), rows);
}

LinearizedDecoder::LinearizedDecoder(const UNet& unet, const Bottleneck& bottleneck,
                                     const at::Tensor& mask) {
  unet.network()->check(bottleneck);
  const at::AutoDispatchBelowADInplaceOrView without_autograd;
  auto state = std::make_unique<State>(unet);
  state->options = bottleneck.h.options();
  state->h_shape = bottleneck.h.sizes().slice(1).vec();
  state->batch = bottleneck.batch();
  for (const UpBlockMaps& maps : state->maps.up_blocks) state->up_blocks.emplace_back(maps);
  state->stage_bytes.assign(state->up_blocks.size() + 1, 1);
  state->stage_bytes[0] = static_cast<int64_t>(bottleneck.h.nbytes()) / state->batch;
  for (int64_t first = 0; first < state->batch; first += kRecordedAtOnce) {
    const int64_t count = std::min(kRecordedAtOnce, state->batch - first);
    state->record(bottleneck.rows(first, count), {state->batch, first});
  }
  state->set_factor(bottleneck, mask);
  state_ = std::move(state);
}

LinearizedDecoder::~LinearizedDecoder() = default;
LinearizedDecoder::LinearizedDecoder(LinearizedDecoder&&) noexcept = default;
LinearizedDecoder& LinearizedDecoder::operator=(LinearizedDecoder&&) noexcept = default;

int64_t LinearizedDecoder::batch() const { return state_->batch; }

at::Tensor LinearizedDecoder::jvp(const at::Tensor& v, const at::Tensor& rows) const {
  const at::AutoDispatchBelowADInplaceOrView without_autograd;
  const State& state = *state_;
  const Rows which = state.check("v", v, state.h_shape, rows);
  if (which.size() == 0) {
    return at::empty({0, state.out_shape[0], state.out_shape[1], state.out_shape[2]},
                     state.options);
  }
  at::Tensor dx = channels_last(v.to(state.options));
  dx = in_pieces(dx, which, state.piece(0), [&](const at::Tensor& part, const Rows& part_rows) {
    return state.enter(part, part_rows);
  });
  const size_t last = state.up_blocks.size() - 1;
  for (size_t i = 0; i <= last; ++i) {
    dx = in_pieces(dx, which, state.piece(i + 1),
                   [&](const at::Tensor& part, const Rows& part_rows) {
                     const at::Tensor y = state.up_blocks[i].jvp(part, part_rows);
                     return i == last ? state.head(y, part_rows) : y;
                   });
  }
  return dx;
}

at::Tensor LinearizedDecoder::vjp(const at::Tensor& u, const at::Tensor& rows) const {
  const at::AutoDispatchBelowADInplaceOrView without_autograd;
  const State& state = *state_;
  const Rows which = state.check("u", u, state.out_shape, rows);
  if (which.size() == 0) {
    return at::empty({0, state.h_shape[0], state.h_shape[1], state.h_shape[2]}, state.options);
  }
  at::Tensor dx = u.to(state.options);
  const size_t last = state.up_blocks.size() - 1;
  for (size_t i = last + 1; i-- > 0;) {
    dx = in_pieces(dx, which, state.piece(i + 1),
                   [&](const at::Tensor& part, const Rows& part_rows) {
                     const at::Tensor y = i == last ? state.head_transpose(part, part_rows) : part;
                     return state.up_blocks[i].vjp(y, part_rows);
                   });
  }
  dx = in_pieces(dx, which, state.piece(0), [&](const at::Tensor& part, const Rows& part_rows) {
    return state.enter_transpose(part, part_rows);
  });
  return dx.contiguous();
}

int64_t LinearizedDecoder::bytes() const {
  const State& state = *state_;
  int64_t bytes = state.norm_out.bytes();
  if (state.factor.defined()) bytes += static_cast<int64_t>(state.factor.nbytes());
  if (state.mid_resnet0) bytes += state.mid_resnet0->bytes();
  if (state.mid_attention) bytes += state.mid_attention->bytes();
  if (state.mid_resnet1) bytes += state.mid_resnet1->bytes();
  if (state.mid_tail) bytes += state.mid_tail->bytes();
  for (const UpBlockDerivative& block : state.up_blocks) bytes += block.bytes();
  return bytes;
}

}  // namespace hspace
