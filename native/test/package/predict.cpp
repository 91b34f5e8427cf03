// The noise that a model predicts in a fixed input, and once more after its bottleneck was moved:
// prints the mean squares of both.
#include <ATen/ATen.h>

#include <cstdio>
#include <exception>

#include "hspace/error.h"
#include "hspace/model_directory.h"
#include "hspace/runtime.h"
#include "hspace/unet.h"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: predict MODEL\n");
    return 2;
  }
  try {
    hspace::configure_runtime({1, 1});
    const hspace::ModelDirectory model = hspace::ModelDirectory::find(arguments[1]);
    const hspace::UNet unet(model.unet, at::kFloat, at::kCPU);
    // x (2, 3, 64, 64)
    const at::Tensor x = at::linspace(-2, 2, 2 * 3 * 64 * 64).sin().view({2, 3, 64, 64});
    const hspace::Bottleneck bottleneck =
        unet.encode(x, at::tensor({500}), hspace::InjectionPoint::kAfter);
    for (const at::Tensor& epsilon :
         {unet.decode(bottleneck), unet.decode(bottleneck, at::ones_like(bottleneck.h))})
      std::printf("%.4f\n", epsilon.square().mean().item<double>());
    try {
      hspace::UNet("no such directory", at::kFloat, at::kCPU);
    } catch (const hspace::Error& e) {  // the type is one in the program and in the library
      std::printf("%s\n", e.what());
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
