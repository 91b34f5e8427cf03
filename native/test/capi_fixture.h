#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "hspace.h"
#include "hspace/direction_set.h"
#include "hspace/sampler.h"
#include "test/file_fixture.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {

// Handles that end with the test.
template <typename Handle, void (*end)(Handle*)>
struct Ends {
  void operator()(Handle* handle) const { end(handle); }
};
template <typename Handle, void (*end)(Handle*)>
using Owned = std::unique_ptr<Handle, Ends<Handle, end>>;
using OwnedModel = Owned<hspace_model, hspace_model_free>;
using OwnedTrajectory = Owned<hspace_trajectory, hspace_trajectory_free>;
using OwnedDirection = Owned<hspace_direction, hspace_direction_free>;
using OwnedBottleneck = Owned<hspace_bottleneck, hspace_bottleneck_free>;
using OwnedLinearized = Owned<hspace_linearized, hspace_linearized_free>;
using OwnedTriplets = Owned<hspace_triplets, hspace_triplets_free>;
using OwnedClassifier = Owned<hspace_classifier, hspace_classifier_free>;

// What `make(&handle)` makes, which must work.
template <typename Handle, typename Make>
auto made(const Make& make) {
  typename Handle::pointer handle = nullptr;
  EXPECT_EQ(make(&handle), HSPACE_OK) << hspace_last_error();
  return Handle(handle);
}

inline void expect_ok(hspace_status status) { EXPECT_EQ(status, HSPACE_OK) << hspace_last_error(); }

// A call must fail with this status and an error of one line that mentions all of `parts`.
inline void expect_status(hspace_status expected, hspace_status found,
                          const std::vector<std::string>& parts) {
  const std::string text = hspace_last_error();
  EXPECT_EQ(found, expected) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  for (const std::string& part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << "expected '" << part << "' in: " << text;
}

// Options with their defaults, as a program sets them up.
template <typename Params>
Params defaults(void (*init)(Params*, size_t)) {
  Params params;
  init(&params, sizeof params);
  return params;
}

// The tiny pipeline of the C++ tests: once through each API. It has two directions of its own, "up"
// and "down".
class CApiFixture : public FileFixture {
 protected:
  static constexpr size_t kImage = 3 * 16 * 16;  // floats of an image
  static constexpr size_t kH = 16 * 4 * 4;       // floats of h

  CApiFixture() {
    at::set_num_threads(1);
    at::manual_seed(1);
    directory = path("tiny");
    std::filesystem::copy(pipeline_path("tiny-pipeline"), directory,
                          std::filesystem::copy_options::recursive);
    cpp = std::make_unique<Model>(Model::open(directory));
    std::filesystem::create_directory(directory + "/directions");
    const at::Tensor deltas = at::randn({2, 3, 16, 4, 4});
    DirectionSet({"up", "down"}, deltas, {900, 500, 100},
                 Sampler(*cpp).provenance({0}, {}).of_directions("pca", "{}"))
        .save(directory + "/directions/own.safetensors");
    model = made<OwnedModel>(
        [&](auto out) { return hspace_model_open(directory.c_str(), nullptr, out); });
  }

  OwnedDirection direction(const std::string& name) const {
    return made<OwnedDirection>(
        [&](auto out) { return hspace_direction_open(model.get(), name.c_str(), out); });
  }

  // Four steps with noise.
  OwnedTrajectory sampled(const std::vector<int64_t>& seeds) const {
    auto params = defaults(hspace_sample_params_init);
    params.steps = 4;
    return made<OwnedTrajectory>([&](auto out) {
      return hspace_sample(model.get(), seeds.data(), seeds.size(), &params, nullptr, nullptr, out);
    });
  }
  Trajectory sampled_in_cpp(const std::vector<int64_t>& seeds) const {
    SamplingOptions options;
    options.steps = 4;
    return Sampler(*cpp).sample(seeds, options);
  }

  static at::Tensor read(const OwnedTrajectory& trajectory, hspace_part part) {
    std::vector<float> numbers(hspace_trajectory_count(trajectory.get(), part));
    expect_ok(hspace_trajectory_read(trajectory.get(), part, numbers.data(), numbers.size()));
    return tensor(numbers);
  }

  // (n)
  static at::Tensor tensor(const std::vector<float>& numbers) {
    return at::from_blob(const_cast<float*>(numbers.data()), {static_cast<int64_t>(numbers.size())},
                         at::kFloat)
        .clone();
  }

  // Bit for bit the same numbers, whatever the shapes.
  static void expect_same(const at::Tensor& found, const at::Tensor& expected) {
    EXPECT_TRUE(found.flatten().equal(expected.flatten()));
  }

  std::string directory;
  std::unique_ptr<Model> cpp;
  OwnedModel model;
};

}  // namespace hspace::test
