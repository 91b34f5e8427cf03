#include "hspace/model.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <thread>

#include "files/sha256.h"
#include "test/file_fixture.h"
#include "test/golden_directory.h"
#include "test/tiny_pipeline.h"

namespace hspace {
namespace {

using test::copy_pipeline;
using test::expect_error;
using test::tiny_model;
using Shape = std::array<int64_t, 3>;

class ModelTest : public test::FileFixture {
 protected:
  void replace(const std::string& name, const std::string& from, const std::string& to) const {
    std::string text = read_file(name);
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << name << " has no " << from;
    write_file(name, text.replace(at, from.size(), to));
  }
};

TEST_F(ModelTest, DescribesItself) {
  const Model model = tiny_model();
  EXPECT_EQ(model.sample_shape(), (Shape{3, 16, 16}));
  const at::Tensor x = at::ones({1, 3, 16, 16}), t = at::ones({1}, at::kLong);
  for (const auto point :
       {InjectionPoint::kAfter, InjectionPoint::kMiddle, InjectionPoint::kBefore}) {
    EXPECT_EQ(model.bottleneck_shape(point), (Shape{16, 4, 4}));
    EXPECT_EQ(at::IntArrayRef(model.bottleneck_shape(point)),
              model.unet().encode(x, t, point).h.sizes().slice(1));
  }
  EXPECT_EQ(model.directory(), test::pipeline_path("tiny-pipeline"));
  EXPECT_EQ(model.parts().unet, model.directory() + "/unet");
  EXPECT_FALSE(model.learned_variance());
  EXPECT_TRUE(model.warnings().empty());
  EXPECT_EQ(model.schedule().train_timesteps(), model.scheduler().num_train_timesteps);
  EXPECT_EQ(model.state_dtype(), at::kFloat);
  EXPECT_EQ(tiny_model(at::kDouble).state_dtype(), at::kDouble);
  EXPECT_EQ(model.state(at::ones({2}, at::kLong)).scalar_type(), at::kFloat);
  const at::Tensor wide = at::ones({2});
  EXPECT_TRUE(model.state(wide).is_same(wide));
}

TEST_F(ModelTest, RefusesASampleSizeThatCannotBeHalved) {
  copy_pipeline(path("model"));
  replace("model/unet/config.json", "\"sample_size\": 16", "\"sample_size\": [16, 18]");
  const Model model = Model::open(path("model"));
  EXPECT_EQ(model.sample_shape(), (Shape{3, 16, 18}));
  expect_error([&] { model.bottleneck_shape(InjectionPoint::kAfter); },
               {"unet/config.json: sample_size: expected multiples of 4, found 16 x 18"});
}

// A copy keeps the weights when the model that it was made of is gone, and so does its U-Net.
TEST_F(ModelTest, CopiesShareTheWeights) {
  const UNet unet = [] {
    const Model model = tiny_model();
    return Model(model).unet();
  }();
  const at::Tensor x = at::ones({1, 3, 16, 16}), t = at::ones({1}, at::kLong);
  const Model other = tiny_model();
  EXPECT_TRUE(at::equal(unet.decode(unet.encode(x, t, InjectionPoint::kAfter)),
                        other.unet().decode(other.unet().encode(x, t, InjectionPoint::kAfter))));
}

// sha256sum of config.json and the weights, one after the other.
TEST_F(ModelTest, KnowsTheHashOfEarlierVersions) {
  const Model model = tiny_model();
  EXPECT_EQ(model.hash(), model.unet().hash());
  EXPECT_TRUE(model.has_hash(model.hash()));
  std::string bytes;
  for (const char* name : {"config.json", "diffusion_pytorch_model.safetensors"}) {
    std::ifstream file(model.directory() + "/unet/" + name, std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(file), {});
  }
  const std::string old = Sha256::of(bytes.data(), bytes.size());
  EXPECT_NE(old, model.hash());
  EXPECT_TRUE(model.has_hash(old));
  EXPECT_FALSE(model.has_hash(Sha256::of("", 0)));
}

TEST_F(ModelTest, TheHashFollowsTheWeights) {
  const std::string copied = copy_pipeline(path("model"));
  const std::string before = Model::open(copied).hash();
  EXPECT_EQ(before, tiny_model(at::kDouble).hash()) << "neither place nor precision matter";
  const std::string weights = "model/unet/diffusion_pytorch_model.safetensors";
  std::string bytes = read_file(weights);
  bytes.back() ^= 1;
  write_file(weights, bytes);
  const Model changed = Model::open(copied);
  EXPECT_NE(before, changed.hash());
  EXPECT_FALSE(changed.has_hash(before));
}

TEST_F(ModelTest, LearnedVarianceIsLeftAside) {
  const std::string golden = test::golden_path("learned_variance/");
  std::filesystem::create_directory(path("v"));
  for (const char* name : {"config.json", "diffusion_pytorch_model.safetensors"})
    std::filesystem::copy_file(golden + name, path("v/") + name);
  write_file("v/scheduler_config.json", "{}");
  const Model model = Model::open(path("v"));
  EXPECT_TRUE(model.learned_variance());
  const auto [channels, height, width] = model.sample_shape();
  const at::Tensor x = at::zeros({2, channels, height, width});
  const Bottleneck bottleneck =
      model.unet().encode(x, at::ones({1}, at::kLong), InjectionPoint::kAfter);
  EXPECT_EQ(model.unet().decode(bottleneck).sizes(), x.sizes());
}

TEST_F(ModelTest, WhatIsMissingIsNamed) {
  expect_error([&] { Model::open(path("nowhere")); }, {path("nowhere"), "found nothing"});
  const std::string copied = copy_pipeline(path("model"));
  replace("model/unet/config.json", "\"sample_size\": 16", "\"sample_size\": null");
  expect_error([&] { Model::open(copied); },
               {"unet/config.json: sample_size: expected a size or [height, width]"});
  std::filesystem::remove(path("model/scheduler/scheduler_config.json"));
  expect_error([&] { Model::open(copied); }, {"scheduler/scheduler_config.json"});
}

TEST_F(ModelTest, ErrorsSayWhoseTheyAre) {
  const auto kind = [](const std::string& directory, const ModelOptions& options) {
    try {
      Model::open(directory, options);
    } catch (const Error& e) {
      return e.kind();
    }
    throw std::logic_error("no error");
  };
  ModelOptions half;
  half.dtype = at::kHalf;
  EXPECT_EQ(kind(test::pipeline_path("tiny-pipeline"), half), ErrorKind::kArgument);
  EXPECT_EQ(kind(path("nowhere"), {}), ErrorKind::kFile);
  copy_pipeline(path("model"));
  write_file("model/unet/diffusion_pytorch_model.safetensors", "short");
  EXPECT_EQ(kind(path("model"), {}), ErrorKind::kFile);
}

// What is found on first use is found once, whoever asks first.
TEST_F(ModelTest, SeveralThreadsAskAtOnce) {
  const Model model = tiny_model();
  std::vector<std::string> hashes(4);
  std::vector<Shape> shapes(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      shapes[i] = model.bottleneck_shape(InjectionPoint::kBefore);
      hashes[i] = model.hash();
      EXPECT_FALSE(model.has_hash("other"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(hashes[i], model.hash());
    EXPECT_EQ(shapes[i], (Shape{16, 4, 4}));
  }
}

}  // namespace
}  // namespace hspace
