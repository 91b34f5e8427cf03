#include "kernels/group_norm_silu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

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

#define HSPACE_APPLY(In, Out)                                                                   \
  HSPACE_MULTIVERSION void apply(const In* x, int64_t channels, int64_t pixels,                 \
                                 const float* factor, const float* offset, bool activate, Out* y, \
                                 int64_t out_stride) {                                          \
    affine(x, channels, pixels, factor, offset, activate, y, out_stride);                       \
  }
HSPACE_APPLY(float, float)
HSPACE_APPLY(BFloat16Bits, BFloat16Bits)
HSPACE_APPLY(BFloat16Bits, float)
HSPACE_APPLY(float, BFloat16Bits)
#undef HSPACE_APPLY

// The rows of a (1 or B, C) float tensor, or of none.
class RowValues {
 public:
  explicit RowValues(const at::Tensor& values) : values_(values) {
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

// How the work on (B, H*W) pixels is cut. Chunks have the same size whatever the batch and the
// number of threads, so that sums are always taken in the same order.
struct Chunks {
  Chunks(int64_t batch, int64_t pixels, int64_t channels)
      : pixels(pixels),
        size(std::max<int64_t>(16, 8192 / channels)),
        per_row((pixels + size - 1) / size),
        count(batch * per_row),
        grain(std::max<int64_t>(1, 16384 / (size * channels))) {}

  // f(row, first pixel, pixels, index of the chunk)
  template <typename Function>
  void parallel(const Function& f) const {
    at::parallel_for(0, count, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = (i % per_row) * size;
        f(i / per_row, first, std::min(size, pixels - first), i);
      }
    });
  }

  int64_t pixels, size, per_row, count, grain;
};

template <typename T>
const T* data(const at::Tensor& x) {
  return static_cast<const T*>(x.const_data_ptr());
}

// Sums of one part, over the whole picture.  pilots (B, C), sum and square (B, C): all of the part
struct PartSums {
  std::vector<double> pilot, sum, square;
};

template <typename T>
PartSums part_sums(const at::Tensor& part) {
  const int64_t batch = part.size(0), channels = part.size(1), pixels = part.size(2) * part.size(3);
  const Chunks chunks(batch, pixels, channels);
  const T* x = data<T>(part);
  std::vector<double> sum(chunks.count * channels), square(chunks.count * channels);
  chunks.parallel([&](int64_t row, int64_t first, int64_t count, int64_t index) {
    const T* picture = x + row * pixels * channels;
    sums(picture + first * channels, channels, count, picture, sum.data() + index * channels,
         square.data() + index * channels);
  });
  PartSums out{std::vector<double>(batch * channels), std::vector<double>(batch * channels),
               std::vector<double>(batch * channels)};
  for (int64_t row = 0; row < batch; ++row) {
    for (int64_t c = 0; c < channels; ++c) {
      out.pilot[row * channels + c] = load(x + row * pixels * channels + c);
    }
    for (int64_t chunk = row * chunks.per_row; chunk < (row + 1) * chunks.per_row; ++chunk) {
      for (int64_t c = 0; c < channels; ++c) {
        out.sum[row * channels + c] += sum[chunk * channels + c];
        out.square[row * channels + c] += square[chunk * channels + c];
      }
    }
  }
  return out;
}

// The normalisation as one factor and offset for each row and channel: y = x * factor + offset.
struct Coefficients {
  std::vector<float> factor, offset;  // (B, C)
};

Coefficients coefficients(const std::vector<at::Tensor>& parts, const std::vector<PartSums>& sums,
                          const GroupNormParameters& norm, const TimeModulation& modulation) {
  const int64_t batch = parts[0].size(0), channels = norm.weight.size(0);
  const double pixels = static_cast<double>(parts[0].size(2) * parts[0].size(3));
  const int64_t group = channels / norm.groups;
  const RowValues shift_before(modulation.shift_before), scale_after(modulation.scale_after),
      shift_after(modulation.shift_after);
  const float* weight = norm.weight.const_data_ptr<float>();
  const float* bias = norm.bias.const_data_ptr<float>();

  Coefficients out{std::vector<float>(batch * channels), std::vector<float>(batch * channels)};
  std::vector<double> mean(channels), deviation(channels);  // of each channel; Σ(x - mean)²
  for (int64_t row = 0; row < batch; ++row) {
    int64_t c = 0;
    for (size_t p = 0; p < parts.size(); ++p) {
      for (int64_t i = row * parts[p].size(1); i < (row + 1) * parts[p].size(1); ++i, ++c) {
        mean[c] = sums[p].pilot[i] + sums[p].sum[i] / pixels + shift_before.at(row, c);
        deviation[c] = sums[p].square[i] - sums[p].sum[i] * sums[p].sum[i] / pixels;
      }
    }
    for (int64_t first = 0; first < channels; first += group) {
      double group_mean = 0, group_deviation = 0;
      for (c = first; c < first + group; ++c) group_mean += mean[c] / group;
      for (c = first; c < first + group; ++c) {
        const double d = mean[c] - group_mean;
        group_deviation += std::max(0.0, deviation[c]) + pixels * d * d;
      }
      const double inverse = 1 / std::sqrt(group_deviation / (group * pixels) + norm.eps);
      for (c = first; c < first + group; ++c) {
        const double factor = inverse * weight[c];
        const double offset = (shift_before.at(row, c) - group_mean) * factor + bias[c];
        const double scale = 1 + scale_after.at(row, c);
        out.factor[row * channels + c] = static_cast<float>(factor * scale);
        out.offset[row * channels + c] =
            static_cast<float>(offset * scale + shift_after.at(row, c));
      }
    }
  }
  return out;
}

// Normalises one part into its channels of the result, which begin at `first_channel`.
template <typename In, typename Out>
void normalise(const at::Tensor& part, const Coefficients& coefficients, bool activate,
               at::Tensor& out, int64_t first_channel) {
  const int64_t channels = part.size(1), out_channels = out.size(1);
  const int64_t pixels = part.size(2) * part.size(3);
  const Chunks chunks(part.size(0), pixels, channels);
  const In* x = data<In>(part);
  Out* y = static_cast<Out*>(out.data_ptr()) + first_channel;
  chunks.parallel([&](int64_t row, int64_t first, int64_t count, int64_t) {
    const int64_t pixel = row * pixels + first;
    const int64_t c = row * out_channels + first_channel;
    apply(x + pixel * channels, channels, count, coefficients.factor.data() + c,
          coefficients.offset.data() + c, activate, y + pixel * out_channels, out_channels);
  });
}

template <typename In>
at::Tensor run(const std::vector<at::Tensor>& parts, const GroupNormParameters& norm,
               const TimeModulation& modulation, Activation activation, at::ScalarType out_dtype) {
  std::vector<PartSums> sums;
  for (const at::Tensor& part : parts) sums.push_back(part_sums<In>(part));
  const Coefficients values = coefficients(parts, sums, norm, modulation);
  at::Tensor out = at::empty({parts[0].size(0), norm.weight.size(0), parts[0].size(2),
                              parts[0].size(3)},
                             parts[0].options().dtype(out_dtype), at::MemoryFormat::ChannelsLast);
  int64_t channel = 0;
  for (const at::Tensor& part : parts) {
    const bool activate = activation == Activation::kSilu;
    if (out_dtype == at::kFloat) {
      normalise<In, float>(part, values, activate, out, channel);
    } else {
      normalise<In, BFloat16Bits>(part, values, activate, out, channel);
    }
    channel += part.size(1);
  }
  return out;
}

}  // namespace

at::Tensor group_norm_silu(const std::vector<at::Tensor>& parts, const GroupNormParameters& norm,
                           const TimeModulation& modulation, Activation activation,
                           at::ScalarType out_dtype) {
  std::vector<at::Tensor> channels_last;
  for (const at::Tensor& part : parts) {
    channels_last.push_back(part.contiguous(at::MemoryFormat::ChannelsLast));
  }
  return parts[0].scalar_type() == at::kFloat
             ? run<float>(channels_last, norm, modulation, activation, out_dtype)
             : run<BFloat16Bits>(channels_last, norm, modulation, activation, out_dtype);
}

}  // namespace hspace
