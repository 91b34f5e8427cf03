// Time that a model takes before it works, in a process of its own.
//
//   bench_open MODEL_DIRECTORY [--threads N] [--dtype float32|float64|bfloat16]
//
// Prints milliseconds of opening it, of its first network pass beyond a later one (what is prepared
// on first use), of its hash, and the sum: opening it to the end of its first pass, less that pass,
// with and without the hash. Then the process's peak memory.

#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "bench/condition.h"
#include "bench/dtype.h"
#include "bench/harness.h"
#include "hspace/model.h"
#include "hspace/runtime.h"

namespace {

double milliseconds(const std::function<void()>& call) {
  const double begin = bench::now(CLOCK_MONOTONIC);
  call();
  return 1e3 * (bench::now(CLOCK_MONOTONIC) - begin);
}

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void run(int argc, char** argv) {
  bench::Options options;
  hspace::ModelOptions model_options;
  bench::parse(argc, argv, options, [&](const std::string& name, const std::string& value) {
    if (name != "--dtype") return false;
    model_options.dtype = bench::dtype_of(value);
    return true;
  });
  hspace::configure_runtime({options.threads, /*openblas_threads=*/1});
  at::randn({1});  // LibTorch's own first use

  std::optional<hspace::Model> model;
  const double open =
      milliseconds([&] { model = hspace::Model::open(options.directory, model_options); });
  const auto [channels, height, width] = model->sample_shape();
  const at::Tensor x =
      at::randn({1, channels, height, width}, at::TensorOptions(model->unet().io_dtype()));
  const at::Tensor t = at::tensor({500});
  const hspace::Condition condition = bench::condition(model->unet().config());
  const auto pass = [&] {
    const hspace::UNet& unet = model->unet();
    unet.decode(unet.encode(x, t, hspace::InjectionPoint::kAfter, condition));
  };
  const double first = milliseconds(pass), second = milliseconds(pass), third = milliseconds(pass);
  const double prepare = std::max(0.0, first - std::min(second, third));
  const double peak = peak_mib();
  const double hash = milliseconds([&] { model->hash(); });
  std::printf("open %.0f  first pass %.0f more than %.0f  hash %.0f  sum %.0f, with hash %.0f\n",
              open, prepare, std::min(second, third), hash, open + prepare, open + prepare + hash);
  std::printf("peak %.0f MiB before the hash, %.0f after it; hash %s\n", peak, peak_mib(),
              model->hash().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  return bench::guarded([&] { run(argc, argv); });
}
