// A seed, edited along a direction, as a PNG.
//   edit MODEL SEED DIRECTION STRENGTH FILE.png
//   edit models/avatars-64 3 smile-only 1.5 smile.png
#include <hspace/direction_set.h>
#include <hspace/edit.h>
#include <hspace/png.h>
#include <hspace/runtime.h>
#include <hspace/sampler.h>

#include <exception>
#include <iostream>
#include <string>

int main(int argc, char** argv) try {
  if (argc != 6) {
    std::cerr << "edit MODEL SEED DIRECTION STRENGTH FILE.png\n";
    return 2;
  }
  hspace::configure_runtime({0, 1});  // nothing else computes in this process
  const auto model = hspace::Model::open(argv[1]);
  hspace::SamplingOptions sampling;
  sampling.steps = 20;
  const auto noise = hspace::Sampler(model).draw({std::stoll(argv[2])}, sampling);
  const auto direction = hspace::DirectionSpec::parse(argv[3]).resolve(model);
  const hspace::Edit edit = {{direction, std::stod(argv[4])}};
  hspace::write_png(argv[5], hspace::edit_grid(model, noise, {edit}, {})[0]);
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
