#include "kernels/group_norm_silu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

#include "kernels/expect.h"
#include "kernels/vector_math.h"

namespace hspace {
namespace {

constexpr int64_t kBlock = 32;        // channels summed side by side, in registers
constexpr int64_t kFloatPixels = 64;  // pixels summed in float32 before float64 takes over

// Sums over pixels, of one block of channels, of the differences from the pilot and their squares.
// The pilot, a value of the channel, keeps the squares from drowning a small variance.
// x: first channel of the block at the first pixel; stride: channels of the whole tensor.
template <typename T>
HSPACE_INLINE void block_sums(const T* x, int64_t stride, int64_t pixels, int64_t width,
                              const T* pilot, double* sum, double* square) {
  for (int64_t first = 0; first < pixels; first += kFloatPixels) {
    const int64_t last = std::min(pixels, first + kFloatPixels);
    float s[kBlock] = {}, q[kBlock] = {}, p[kBlock] = {};
    for (int64_t c = 0; c < width; ++c) p[c] = load(pilot + c);
    if (width == kBlock) {
      for (int64_t i = first; i < last; ++i) {
        for (int64_t c = 0; c < kBlock; ++c) {
          const float d = load(x + i * stride + c) - p[c];
          s[c] += d;
          q[c] += d * d;
        }
      }
    } else {
      for (int64_t i = first; i < last; ++i) {
        for (int64_t c = 0; c < width; ++c) {
          const float d = load(x + i * stride + c) - p[c];
          s[c] += d;
          q[c] += d * d;
        }
      }
    }
    for (int64_t c = 0; c < width; ++c) {
      sum[c] += s[c];
      square[c] += q[c];
    }
  }
}

// The same for all channels. x (pixels, channels); sum, square (channels)
template <typename T>
HSPACE_INLINE void channel_sums(const T* x, int64_t channels, int64_t pixels, const T* pilot,
                                double* sum, double* square) {
  std::fill(sum, sum + channels, 0.0);
  std::fill(square, square + channels, 0.0);
  for (int64_t c = 0; c < channels; c += kBlock) {
    block_sums(x + c, channels, pixels, std::min(kBlock, channels - c), pilot + c, sum + c,
               square + c);
  }
}

HSPACE_MULTIVERSION void sums(const float* x, int64_t channels, int64_t pixels, const float* pilot,
                              double* sum, double* square) {
  channel_sums(x, channels, pixels, pilot, sum, square);
}
HSPACE_MULTIVERSION void sums(const BFloat16Bits* x, int64_t channels, int64_t pixels,
                              const BFloat16Bits* pilot, double* sum, double* square) {
  channel_sums(x, channels, pixels, pilot, sum, square);
}

// y = f(x * factor + offset).  x (pixels, channels), y (pixels, out_stride)
template <typename In, typename Out>
HSPACE_INLINE void affine(const In* x, int64_t channels, int64_t pixels, const float* factor,
                          const float* offset, bool activate, Out* y, int64_t out_stride) {
  for (int64_t i = 0; i < pixels; ++i) {
    const In* in = x + i * channels;
    Out* out = y + i * out_stride;
    if (activate) {
      for (int64_t c = 0; c < channels; ++c) {
        store(silu(load(in + c) * factor[c] + offset[c]), out + c);
      }
    } else {
      for (int64_t c = 0; c < channels; ++c) store(load(in + c) * factor[c] + offset[c], out + c);
    }
  }
}

#define HSPACE_APPLY(In, Out)                                                                     \
  HSPACE_MULTIVERSION void apply(const In* x, int64_t channels, int64_t pixels,                   \
                                 const float* factor, const float* offset, bool activate, Out* y, \
                                 int64_t out_stride) {                                            \
    affine(x, channels, pixels, factor, offset, activate, y, out_stride);                         \
  }
HSPACE_APPLY(float, float)
HSPACE_APPLY(BFloat16Bits, BFloat16Bits)
HSPACE_APPLY(BFloat16Bits, float)
HSPACE_APPLY(float, BFloat16Bits)
#undef HSPACE_APPLY

// The rows of a (1 or B, C) float tensor, or of none.
class RowValues {
 public:
  explicit RowValues(const at::Tensor& values) {
    if (values.defined()) values_ = values.contiguous();
  }
  double at(int64_t row, int64_t channel) const {
    if (!values_.defined()) return 0;
    const int64_t index = values_.size(0) == 1 ? 0 : row;
    return values_.const_data_ptr<float>()[index * values_.size(1) + channel];
  }

 private:
  at::Tensor values_;
};

// How the pixels of a picture are cut into pieces of work. The pieces have the same size whatever
// the number of threads, so that sums are always taken in the same order.
struct Chunks {
  Chunks(int64_t pixels, int64_t channels)
      : pixels(pixels),
        size(std::max<int64_t>(16, 8192 / channels)),
        count((pixels + size - 1) / size),
        grain(std::max<int64_t>(1, 16384 / (size * channels))) {}

  // f(first pixel, pixels, index of the chunk); serial where a parallel loop already runs
  template <typename Function>
  void parallel(const Function& f) const {
    at::parallel_for(0, count, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) f(i * size, std::min(size, pixels - i * size), i);
    });
  }

  int64_t pixels, size, count, grain;
};

// One normalisation of a batch, a picture at a time: its second pass finds the input in the cache.
template <typename In, typename Out>
class Normalisation {
 public:
  Normalisation(const std::vector<at::Tensor>& parts, const GroupNormParameters& norm,
                const TimeModulation& modulation, Activation activation, at::Tensor& out)
      : parts_(parts),
        norm_(norm),
        shift_before_(modulation.shift_before),
        scale_after_(modulation.scale_after),
        shift_after_(modulation.shift_after),
        activate_(activation == Activation::kSilu),
        pixels_(out.size(2) * out.size(3)),
        channels_(out.size(1)),
        out_(static_cast<Out*>(out.data_ptr())) {}

  void run(int64_t row) const {
    Moments moments{std::vector<double>(channels_), std::vector<double>(channels_)};
    int64_t channel = 0;
    for (const at::Tensor& part : parts_) {
      measure(part, row, moments.mean.data() + channel, moments.deviation.data() + channel);
      channel += part.size(1);
    }
    const Line line = normalising_line(row, moments);
    channel = 0;
    for (const at::Tensor& part : parts_) {
      apply_line(part, row, line, channel);
      channel += part.size(1);
    }
  }

 private:
  // Of each channel: the mean, and the sum of squared differences from it.
  struct Moments {
    std::vector<double> mean, deviation;  // (C)
  };
  // y = x * factor + offset
  struct Line {
    std::vector<float> factor, offset;  // (C)
  };

  const In* picture(const at::Tensor& part, int64_t row) const {
    return static_cast<const In*>(part.const_data_ptr()) + row * pixels_ * part.size(1);
  }

  void measure(const at::Tensor& part, int64_t row, double* mean, double* deviation) const {
    const int64_t channels = part.size(1);
    const Chunks chunks(pixels_, channels);
    const In* x = picture(part, row);
    std::vector<double> sum(chunks.count * channels), square(chunks.count * channels);
    chunks.parallel([&](int64_t first, int64_t count, int64_t index) {
      sums(x + first * channels, channels, count, x, sum.data() + index * channels,
           square.data() + index * channels);
    });
    for (int64_t c = 0; c < channels; ++c) {
      double total = 0, squares = 0;
      for (int64_t i = 0; i < chunks.count; ++i) {
        total += sum[i * channels + c];
        squares += square[i * channels + c];
      }
      mean[c] = load(x + c) + total / pixels_;
      deviation[c] = std::max(0.0, squares - total * total / pixels_);
    }
  }

  Line normalising_line(int64_t row, const Moments& moments) const {
    const float* weight = norm_.weight.template const_data_ptr<float>();
    const float* bias = norm_.bias.template const_data_ptr<float>();
    const int64_t group = channels_ / norm_.groups;
    Line line{std::vector<float>(channels_), std::vector<float>(channels_)};
    for (int64_t first = 0; first < channels_; first += group) {
      double mean = 0, deviation = 0;
      for (int64_t c = first; c < first + group; ++c) {
        mean += (moments.mean[c] + shift_before_.at(row, c)) / group;
      }
      for (int64_t c = first; c < first + group; ++c) {
        const double d = moments.mean[c] + shift_before_.at(row, c) - mean;
        deviation += moments.deviation[c] + pixels_ * d * d;
      }
      const double inverse = 1 / std::sqrt(deviation / (group * pixels_) + norm_.eps);
      for (int64_t c = first; c < first + group; ++c) {
        const double factor = inverse * weight[c];
        const double offset = (shift_before_.at(row, c) - mean) * factor + bias[c];
        const double scale = 1 + scale_after_.at(row, c);
        line.factor[c] = static_cast<float>(factor * scale);
        line.offset[c] = static_cast<float>(offset * scale + shift_after_.at(row, c));
      }
    }
    return line;
  }

  // Into the channels of the result that begin at `channel`.
  void apply_line(const at::Tensor& part, int64_t row, const Line& line, int64_t channel) const {
    const int64_t channels = part.size(1);
    const In* x = picture(part, row);
    Out* y = out_ + row * pixels_ * channels_ + channel;
    Chunks(pixels_, channels).parallel([&](int64_t first, int64_t count, int64_t) {
      apply(x + first * channels, channels, count, line.factor.data() + channel,
            line.offset.data() + channel, activate_, y + first * channels_, channels_);
    });
  }

  const std::vector<at::Tensor>& parts_;
  const GroupNormParameters& norm_;
  RowValues shift_before_, scale_after_, shift_after_;
  bool activate_;
  int64_t pixels_, channels_;
  Out* out_;
};

template <typename In, typename Out>
void run(const std::vector<at::Tensor>& parts, const GroupNormParameters& norm,
         const TimeModulation& modulation, Activation activation, at::Tensor& out) {
  const Normalisation<In, Out> normalisation(parts, norm, modulation, activation, out);
  const int64_t batch = out.size(0);
  if (batch >= at::get_num_threads()) {
    at::parallel_for(0, batch, 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) normalisation.run(row);
    });
  } else {
    for (int64_t row = 0; row < batch; ++row) normalisation.run(row);
  }
}

void check(const std::vector<at::Tensor>& parts, const GroupNormParameters& norm,
           const TimeModulation& modulation, at::ScalarType out_dtype) {
  constexpr const char* kName = "group_norm_silu";
  expect(kName, !parts.empty() && parts[0].defined() && parts[0].dim() == 4, "parts (B, C, H, W)");
  const at::Tensor& first = parts[0];
  expect_fast_type(kName, first.scalar_type());
  expect_fast_type(kName, out_dtype);
  int64_t channels = 0;
  for (const at::Tensor& part : parts) {
    expect(kName, part, {first.size(0), kAnySize, first.size(2), first.size(3)},
           first.scalar_type());
    channels += part.size(1);
  }
  expect(kName, norm.weight, {channels}, at::kFloat);
  expect(kName, norm.bias, {channels}, at::kFloat);
  expect(kName, norm.weight.is_contiguous() && norm.bias.is_contiguous(), "contiguous parameters");
  expect(kName, norm.groups >= 1 && channels % norm.groups == 0, "groups that divide the channels");
  for (const at::Tensor* values :
       {&modulation.shift_before, &modulation.scale_after, &modulation.shift_after}) {
    if (values->defined()) {
      expect(kName, *values, {rows_of(*values, first.size(0)), channels}, at::kFloat);
    }
  }
}

}  // namespace

at::Tensor group_norm_silu(const std::vector<at::Tensor>& parts, const GroupNormParameters& norm,
                           const TimeModulation& modulation, Activation activation,
                           at::ScalarType out_dtype) {
  check(parts, norm, modulation, out_dtype);
  std::vector<at::Tensor> x;
  for (const at::Tensor& part : parts) {
    x.push_back(part.contiguous(at::MemoryFormat::ChannelsLast));
  }
  at::Tensor out = at::empty({x[0].size(0), norm.weight.size(0), x[0].size(2), x[0].size(3)},
                             x[0].options().dtype(out_dtype), at::MemoryFormat::ChannelsLast);
  const bool from_float = x[0].scalar_type() == at::kFloat, to_float = out_dtype == at::kFloat;
  if (from_float && to_float) run<float, float>(x, norm, modulation, activation, out);
  if (from_float && !to_float) run<float, BFloat16Bits>(x, norm, modulation, activation, out);
  if (!from_float && to_float) run<BFloat16Bits, float>(x, norm, modulation, activation, out);
  if (!from_float && !to_float) {
    run<BFloat16Bits, BFloat16Bits>(x, norm, modulation, activation, out);
  }
  return out;
}

}  // namespace hspace
