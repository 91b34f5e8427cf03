// Time of a network pass of a model directory: whole, encoder and decoder.
//
//   bench_forward UNET_DIRECTORY [--threads N] [--seconds S] [--size HxW] [--batch B,...]
//       [--dtype float32,bfloat16,...]
//
// Prints one row a precision and batch size: milliseconds an image, the median of all passes.

#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "bench/condition.h"
#include "bench/dtype.h"
#include "bench/harness.h"
#include "hspace/runtime.h"
#include "hspace/unet.h"

namespace {

struct Options : bench::Options {
  std::vector<std::string> dtypes = {"float32", "bfloat16"};
};

Options parse(int argc, char** argv) {
  Options options;
  options.batches = {1, 8, 32};
  bench::parse(argc, argv, options, [&](const std::string& name, const std::string& value) {
    if (name != "--dtype") return false;
    options.dtypes = bench::split(value, ',');
    return true;
  });
  return options;
}

void run(const Options& options) {
  hspace::configure_runtime({options.threads, /*openblas_threads=*/1});
  std::printf("%-9s %5s %12s %12s %12s\n", "dtype", "batch", "ms an image", "encoder", "decoder");
  for (const std::string& dtype : options.dtypes) {
    const hspace::UNet unet(options.directory, bench::dtype_of(dtype), at::kCPU);
    const auto trained = unet.config().sample_size;
    const int64_t height = options.height ? options.height : trained.value()[0];
    const int64_t width = options.width ? options.width : trained.value()[1];
    const at::Tensor t = at::tensor({500});
    const hspace::Condition condition = bench::condition(unet.config());
    for (const int64_t batch : options.batches) {
      const at::Tensor x = at::randn({batch, unet.config().in_channels, height, width},
                                     at::TensorOptions(unet.io_dtype()));
      const auto encode = [&] {
        return unet.encode(x, t, hspace::InjectionPoint::kAfter, condition);
      };
      const hspace::Bottleneck bottleneck = encode();
      const auto time = [&](const std::function<void()>& call) {
        return bench::medians({call}, options.seconds)[0];
      };
      const double whole = time([&] { unet.decode(encode()); });
      const double encoder = time([&] { encode(); });
      const double decoder = time([&] { unet.decode(bottleneck); });
      std::printf("%-9s %5ld %12.2f %12.2f %12.2f\n", dtype.c_str(), static_cast<long>(batch),
                  whole / batch, encoder / batch, decoder / batch);
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  return bench::guarded([&] { run(parse(argc, argv)); });
}
