#include "kernels/geglu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "kernels/channels_last.h"
#include "kernels/expect.h"
#include "kernels/vector_math.h"

namespace hspace {
namespace {

// Pixels [first, last) of pictures of `channels` results a pixel.
HSPACE_MULTIVERSION void gate(const float* both, int64_t first, int64_t last, int64_t channels,
                              float* out) {
  for (int64_t pixel = first; pixel < last; ++pixel) {
    const float* a = both + 2 * pixel * channels;
    for (int64_t i = 0; i < channels; ++i) out[pixel * channels + i] = a[i] * gelu(a[channels + i]);
  }
}

HSPACE_MULTIVERSION void gate(const BFloat16Bits* both, int64_t first, int64_t last,
                              int64_t channels, BFloat16Bits* out) {
  for (int64_t pixel = first; pixel < last; ++pixel) {
    const BFloat16Bits* a = both + 2 * pixel * channels;
    for (int64_t i = 0; i < channels; ++i)
      store(load(a + i) * gelu(load(a + channels + i)), out + pixel * channels + i);
  }
}

template <typename T>
void run(const at::Tensor& both, at::Tensor& out) {
  const int64_t channels = out.size(1), pixels = out.numel() / channels;
  const T* input = static_cast<const T*>(both.const_data_ptr());
  T* output = static_cast<T*>(out.data_ptr());
  const int64_t grain = std::max<int64_t>(1, 16384 / channels);
  at::parallel_for(0, pixels, grain, [&](int64_t first, int64_t last) {
    gate(input, first, last, channels, output);
  });
}

}  // namespace

at::Tensor geglu(const at::Tensor& both) {
  constexpr const char* kName = "geglu";
  expect(kName, both.defined(), "a tensor");
  expect_fast_type(kName, both.scalar_type());
  expect(kName, both, {kAnySize, kAnySize, kAnySize, kAnySize}, both.scalar_type());
  expect(kName, both.size(1) % 2 == 0, "an even number of channels");
  const at::Tensor input = canonical_channels_last(both);
  at::Tensor out = at::empty({both.size(0), both.size(1) / 2, both.size(2), both.size(3)},
                             both.options(), at::MemoryFormat::ChannelsLast);
  if (both.scalar_type() == at::kFloat) {
    run<float>(input, out);
  } else {
    run<BFloat16Bits>(input, out);
  }
  return out;
}

}  // namespace hspace
