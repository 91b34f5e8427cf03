// Time of a network pass of a model directory: whole, encoder and decoder.
//
//   bench_forward UNET_DIRECTORY [--threads N] [--seconds S] [--size HxW] [--batch B,...]
//       [--dtype float32,bfloat16,...]
//
// Prints one row a precision and batch size: milliseconds an image, the median of all passes.

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "hspace/error.h"
#include "hspace/threads.h"
#include "hspace/unet.h"

namespace {

struct Options {
  std::string directory;
  int threads = 2;
  double seconds = 2;
  int64_t height = 0, width = 0;
  std::vector<int64_t> batches = {1, 8, 32};
  std::vector<std::string> dtypes = {"float32", "bfloat16"};
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name.rfind("--", 0) != 0) {
      options.directory = name;
      continue;
    }
    if (++i == argc) throw hspace::Error(name + ": expected a value");
    const std::string value = argv[i];
    if (name == "--threads") {
      options.threads = std::stoi(value);
    } else if (name == "--seconds") {
      options.seconds = std::stod(value);
    } else if (name == "--size") {
      options.height = std::stoll(split(value, 'x').at(0));
      options.width = std::stoll(split(value, 'x').at(1));
    } else if (name == "--batch") {
      options.batches.clear();
      for (const std::string& batch : split(value, ',')) {
        options.batches.push_back(std::stoll(batch));
      }
    } else if (name == "--dtype") {
      options.dtypes = split(value, ',');
    } else {
      throw hspace::Error("unknown option " + name);
    }
  }
  if (options.directory.empty()) throw hspace::Error("expected a unet/ directory");
  return options;
}

at::ScalarType dtype_of(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "float64") return at::kDouble;
  if (name == "bfloat16") return at::kBFloat16;
  throw hspace::Error("--dtype: expected float32, float64 or bfloat16, found " + name);
}

// Median milliseconds of one call, after a call to warm up.
double median_ms(double seconds, const std::function<void()>& call) {
  using Clock = std::chrono::steady_clock;
  call();
  std::vector<double> times;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (times.size() < 3 || Clock::now() < end) {
    const auto start = Clock::now();
    call();
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

void run(const Options& options) {
  hspace::set_threads(options.threads);
  std::printf("%-9s %5s %12s %12s %12s\n", "dtype", "batch", "ms an image", "encoder", "decoder");
  for (const std::string& dtype : options.dtypes) {
    const hspace::UNet unet(options.directory, dtype_of(dtype), at::kCPU);
    const auto trained = unet.config().sample_size;
    const int64_t height = options.height ? options.height : trained.value()[0];
    const int64_t width = options.width ? options.width : trained.value()[1];
    const at::Tensor t = at::tensor({500});
    for (const int64_t batch : options.batches) {
      const at::Tensor x = at::randn({batch, unet.config().in_channels, height, width},
                                     at::TensorOptions(unet.io_dtype()));
      const auto encode = [&] { return unet.encode(x, t, hspace::InjectionPoint::kAfter); };
      const hspace::Bottleneck bottleneck = encode();
      const double whole = median_ms(options.seconds, [&] { unet.decode(encode()); });
      const double encoder = median_ms(options.seconds, [&] { encode(); });
      const double decoder = median_ms(options.seconds, [&] { unet.decode(bottleneck); });
      std::printf("%-9s %5ld %12.2f %12.2f %12.2f\n", dtype.c_str(), static_cast<long>(batch),
                  whole / batch, encoder / batch, decoder / batch);
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
