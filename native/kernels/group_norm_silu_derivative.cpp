#include "kernels/group_norm_silu_derivative.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/native_group_norm.h>
#include <ATen/ops/sigmoid.h>

#include <algorithm>
#include <vector>

#include "kernels/expect.h"
#include "kernels/group_norm_silu_derivative_loops.h"

namespace hspace {

namespace {

constexpr int64_t kPixelsPerTask = 256;

// One pass over every tangent: sums per channel, group means, then the result. Tasks are (tangent,
// block of pixels) pairs, so that one tangent can keep all threads busy too.
template <typename T, typename Sum, typename Apply>
void two_passes(int64_t n, int64_t pixels, int64_t channels, int64_t group_channels, Sum sum,
                Apply apply) {
  const int64_t blocks = (pixels + kPixelsPerTask - 1) / kPixelsPerTask;
  const double scale = 1.0 / static_cast<double>(pixels * group_channels);
  const auto block = [&](int64_t b) {
    return std::pair(b * kPixelsPerTask, std::min(pixels, (b + 1) * kPixelsPerTask));
  };
  // Sums of blocks [2][channels] -> group means, one copy a channel [2][channels].
  const auto group_means = [&](const double* sums, T* means) {
    for (int64_t k = 0; k < 2; k++) {
      for (int64_t first = 0; first < channels; first += group_channels) {
        double total = 0;
        for (int64_t b = 0; b < blocks; b++) {
          for (int64_t c = first; c < first + group_channels; c++) {
            total += sums[(b * 2 + k) * channels + c];
          }
        }
        std::fill_n(means + k * channels + first, group_channels, static_cast<T>(total * scale));
      }
    }
  };

  const int64_t threads = at::get_num_threads();
  if (n % threads == 0 || n >= 4 * threads || blocks == 1) {
    at::parallel_for(0, n, 1, [&](int64_t begin, int64_t end) {
      std::vector<double> sums(blocks * 2 * channels);
      std::vector<T> means(2 * channels);
      for (int64_t i = begin; i < end; i++) {
        std::fill(sums.begin(), sums.end(), 0.0);
        for (int64_t b = 0; b < blocks; b++) {
          const auto [from, to] = block(b);
          sum(i, from, to, sums.data() + b * 2 * channels);
        }
        group_means(sums.data(), means.data());
        apply(i, 0, pixels, means.data());
      }
    });
    return;
  }
  std::vector<double> sums(n * blocks * 2 * channels, 0.0);
  std::vector<T> means(n * 2 * channels);
  at::parallel_for(0, n * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; task++) {
      const auto [from, to] = block(task % blocks);
      sum(task / blocks, from, to, sums.data() + task * 2 * channels);
    }
  });
  for (int64_t i = 0; i < n; i++) {
    group_means(sums.data() + i * blocks * 2 * channels, means.data() + i * 2 * channels);
  }
  at::parallel_for(0, n * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; task++) {
      const auto [from, to] = block(task % blocks);
      apply(task / blocks, from, to, means.data() + task / blocks * 2 * channels);
    }
  });
}

// (I - Q) w for w (n, A, H, W), by ATen.
at::Tensor deflate(const at::Tensor& w, const at::Tensor& xhat, int64_t group_channels) {
  const int64_t n = w.size(0);
  const int64_t groups = w.size(1) / group_channels;
  const at::Tensor grouped = w.reshape({n, groups, -1});   // (n, G, A/G*H*W)
  const at::Tensor basis = xhat.reshape({n, groups, -1});  // (n, G, A/G*H*W)
  const at::Tensor mean = grouped.mean(-1, true);
  const at::Tensor along = (grouped * basis).mean(-1, true);
  return (grouped - mean - basis * along).view_as(w.contiguous());
}

constexpr const char* kName = "derivative of group_norm_silu";

// t (n, channels, H, W) channels-last, H and W being those of `recorded`
void check(const at::Tensor& t, int64_t n, int64_t channels, const at::Tensor& recorded) {
  expect(kName, t, {n, channels, recorded.size(2), recorded.size(3)}, recorded.scalar_type());
  expect(kName, t.is_contiguous(at::MemoryFormat::ChannelsLast), "channels-last order");
}

bool own_kernel(const at::Tensor& t) {
  return t.is_cpu() && (t.scalar_type() == at::kFloat || t.scalar_type() == at::kDouble);
}

}  // namespace

int64_t GroupNormSiluDerivative::active_channels(int64_t channels, int64_t groups,
                                                 int64_t tangent_channels) {
  const int64_t group_channels = channels / groups;
  return (tangent_channels + group_channels - 1) / group_channels * group_channels;
}

int64_t GroupNormSiluDerivative::bytes() const {
  return static_cast<int64_t>(normalized_.nbytes() + slope_.nbytes());
}

at::Tensor GroupNormSiluDerivative::record(const at::Tensor& x, const GroupNormParameters& norm,
                                           const TimeModulation& modulation, Activation activation,
                                           int64_t tangent_channels, RecordedRows where) {
  const int64_t b = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const int64_t active = active_channels(channels, norm.groups, tangent_channels);
  if (!normalized_.defined()) {
    group_channels_ = channels / norm.groups;
    tangent_channels_ = tangent_channels;
    normalized_ = at::empty({where.total, active, height, width}, x.options(),
                            at::MemoryFormat::ChannelsLast);
    slope_ = at::empty_like(normalized_);
  }
  const auto per_channel = [&](const at::Tensor& t) {  // (1 or b, C) -> (1 or b, C, 1, 1)
    return t.to(x.scalar_type()).unsqueeze(-1).unsqueeze(-1);
  };
  at::Tensor weight = per_channel(norm.weight.unsqueeze(0));
  at::Tensor bias = per_channel(norm.bias.unsqueeze(0));
  at::Tensor input = x;
  if (modulation.shift_before.defined()) input = x + per_channel(modulation.shift_before);
  if (modulation.scale_after.defined()) {
    const at::Tensor scale = 1 + per_channel(modulation.scale_after);
    weight = weight * scale;
    bias = bias * scale + per_channel(modulation.shift_after);
  }
  // xhat (b, C, H, W), rstd (b, groups)
  const auto [xhat, mean, rstd] =
      at::native_group_norm(input.contiguous(at::MemoryFormat::ChannelsLast), {}, {}, b, channels,
                            height * width, norm.groups, norm.eps);
  const at::Tensor y = bias.addcmul(xhat, weight);
  at::Tensor slope = weight * per_channel(rstd.repeat_interleave(group_channels_, 1));
  at::Tensor a = y;
  if (activation == Activation::kSilu) {
    const at::Tensor sigmoid = at::sigmoid(y);
    a = y * sigmoid;
    slope = slope * sigmoid * (1 + y - a);  // silu' = sigmoid (1 + y (1 - sigmoid))
  }
  normalized_.narrow(0, where.first, b).copy_(xhat.narrow(1, 0, active));
  slope_.narrow(0, where.first, b).copy_(slope.narrow(1, 0, active));
  return a.contiguous(at::MemoryFormat::ChannelsLast);
}

template <typename T>
void GroupNormSiluDerivative::jvp_cpu(const at::Tensor& dx, const Rows& rows,
                                      at::Tensor& out) const {
  const int64_t pixels = dx.size(2) * dx.size(3);
  const int64_t active = normalized_.size(1);
  const int64_t varying = tangent_channels_;
  const T* xhat = normalized_.const_data_ptr<T>();
  const T* slope = slope_.const_data_ptr<T>();
  const T* in = dx.const_data_ptr<T>();
  T* to = out.mutable_data_ptr<T>();
  two_passes<T>(
      dx.size(0), pixels, active, group_channels_,
      [&](int64_t i, int64_t first, int64_t last, double* sums) {
        loops::sum_tangent(in + (i * pixels + first) * varying,
                           xhat + (rows[i] * pixels + first) * active, last - first, varying,
                           active, sums, sums + active);
      },
      [&](int64_t i, int64_t first, int64_t last, const T* means) {
        const int64_t recorded = (rows[i] * pixels + first) * active;
        loops::apply_tangent(in + (i * pixels + first) * varying, xhat + recorded, slope + recorded,
                             means, means + active, last - first, varying, active,
                             to + (i * pixels + first) * active);
      });
}

template <typename T>
void GroupNormSiluDerivative::vjp_cpu(const at::Tensor& u, const Rows& rows,
                                      const at::Tensor& addend, at::Tensor& out) const {
  const int64_t pixels = u.size(2) * u.size(3);
  const int64_t active = normalized_.size(1);
  const int64_t varying = tangent_channels_;
  const T* xhat = normalized_.const_data_ptr<T>();
  const T* slope = slope_.const_data_ptr<T>();
  const T* in = u.const_data_ptr<T>();
  const T* plus = addend.defined() ? addend.const_data_ptr<T>() : nullptr;
  T* to = out.mutable_data_ptr<T>();
  two_passes<T>(
      u.size(0), pixels, active, group_channels_,
      [&](int64_t i, int64_t first, int64_t last, double* sums) {
        const int64_t recorded = (rows[i] * pixels + first) * active;
        loops::sum_cotangent(in + (i * pixels + first) * active, xhat + recorded, slope + recorded,
                             last - first, active, sums, sums + active);
      },
      [&](int64_t i, int64_t first, int64_t last, const T* means) {
        const int64_t recorded = (rows[i] * pixels + first) * active;
        const int64_t target = (i * pixels + first) * varying;
        loops::apply_cotangent(in + (i * pixels + first) * active, xhat + recorded,
                               slope + recorded, means, means + active,
                               plus == nullptr ? nullptr : plus + target, last - first, varying,
                               active, to + target);
      });
}

at::Tensor GroupNormSiluDerivative::jvp(const at::Tensor& dx, const Rows& rows) const {
  if (!own_kernel(dx)) {
    at::Tensor padded = dx;
    const int64_t skip_channels = normalized_.size(1) - tangent_channels_;
    if (skip_channels > 0) {
      padded = at::constant_pad_nd(dx, {0, 0, 0, 0, 0, skip_channels});
    }
    const at::Tensor xhat = normalized_.index_select(0, rows.device);
    return deflate(padded, xhat, group_channels_)
        .mul(slope_.index_select(0, rows.device))
        .contiguous(at::MemoryFormat::ChannelsLast);
  }
  check(dx, dx.size(0), tangent_channels_, normalized_);
  expect_rows(kName, rows, dx.size(0), normalized_.size(0));
  at::Tensor out = at::empty({dx.size(0), normalized_.size(1), dx.size(2), dx.size(3)},
                             dx.options(), at::MemoryFormat::ChannelsLast);
  if (dx.scalar_type() == at::kFloat) {
    jvp_cpu<float>(dx, rows, out);
  } else {
    jvp_cpu<double>(dx, rows, out);
  }
  return out;
}

at::Tensor GroupNormSiluDerivative::vjp(const at::Tensor& u, const Rows& rows,
                                        const at::Tensor& addend) const {
  if (!own_kernel(u)) {
    const at::Tensor xhat = normalized_.index_select(0, rows.device);
    at::Tensor dx = deflate(u * slope_.index_select(0, rows.device), xhat, group_channels_)
                        .narrow(1, 0, tangent_channels_);
    if (addend.defined()) {
      dx = dx + addend;
    }
    return dx.contiguous(at::MemoryFormat::ChannelsLast);
  }
  check(u, u.size(0), normalized_.size(1), normalized_);
  expect_rows(kName, rows, u.size(0), normalized_.size(0));
  at::Tensor out = at::empty({u.size(0), tangent_channels_, u.size(2), u.size(3)}, u.options(),
                             at::MemoryFormat::ChannelsLast);
  if (addend.defined()) {
    check(addend, u.size(0), tangent_channels_, normalized_);
  }
  if (u.scalar_type() == at::kFloat) {
    vjp_cpu<float>(u, rows, addend, out);
  } else {
    vjp_cpu<double>(u, rows, addend, out);
  }
  return out;
}

}  // namespace hspace
