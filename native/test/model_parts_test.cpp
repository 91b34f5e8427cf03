// Models of several parts: that these fit one another, and what is asked of them.

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

#include <filesystem>

#include "hspace/sampler.h"
#include "test/file_fixture.h"
#include "test/golden_case.h"
#include "test/golden_directory.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

namespace fs = std::filesystem;

class ModelPartsTest : public FileFixture {
 protected:
  // A copy of a tiny pipeline that a test may spoil.
  std::string copied(const std::string& pipeline) const {
    fs::copy(pipeline_path(pipeline), path(pipeline), fs::copy_options::recursive);
    return path(pipeline);
  }

  static void replace(const fs::path& part, const fs::path& by) {
    fs::remove_all(part);
    fs::copy(by, part, fs::copy_options::recursive);
  }

  static std::string golden_part(const std::string& name) { return golden_path(name); }
};

TEST_F(ModelPartsTest, AutoencodersOfOtherChannelsAreRefused) {
  const std::string model = copied("sd-pipeline");
  replace(model + "/vae", golden_part("autoencoders/kl_plain"));
  expect_error([&] { Model::open(model); }, {model + "/vae", "latents of 4 channels", "found 5"});
}

TEST_F(ModelPartsTest, OtherTextEncodersAreRefused) {
  const std::string stable = copied("sd-pipeline"), xl = copied("sdxl-pipeline");
  replace(stable + "/text_encoder", xl + "/text_encoder_2");
  expect_error([&] { Model::open(stable); },
               {stable, "text_encoder", "hidden states of 8 numbers", "found 10"});
  replace(xl + "/text_encoder_2", pipeline_path("sd-pipeline") + "/text_encoder");
  expect_error([&] { Model::open(xl); }, {xl + "/text_encoder_2", "CLIPTextModelWithProjection"});
}

TEST_F(ModelPartsTest, AUNetAloneThatReadsTextsIsRefused) {
  const std::string model = copied("sd-pipeline");
  expect_error([&] { Model::open(model + "/unet"); }, {"reads texts", "no text_encoder/"});
}

TEST_F(ModelPartsTest, PartsThatAreNotUsedAreSaid) {
  const std::string model = copied("sd-pipeline");
  EXPECT_TRUE(Model::open(model).warnings().empty());
  std::string index = read_file("sd-pipeline/model_index.json");
  index.insert(index.find('{') + 1, R"("watermark": ["library", "Watermark"],)");
  write_file("sd-pipeline/model_index.json", index);
  EXPECT_EQ(Model::open(model).warnings(),
            std::vector<std::string>{"watermark (Watermark) is not used"});
}

class ClassModelTest : public ModelPartsTest {
 protected:
  ClassModelTest() {
    fs::create_directories(path("m"));
    fs::copy(golden_part("class_table"), path("m/unet"), fs::copy_options::recursive);
    fs::copy(pipeline_path("tiny-pipeline") + "/scheduler", path("m/scheduler"),
             fs::copy_options::recursive);
  }

  Model open() const {
    ModelOptions options;
    options.dtype = at::kDouble;
    return Model::open(path("m"), options);
  }

  static Conditioning of_class(int64_t label) {
    Conditioning asked;
    asked.class_label = label;
    return asked;
  }

  static Trajectory sampled(const Model& model, const Conditioning& asked) {
    SamplingOptions options;
    options.steps = 2;
    options.conditioning = asked;
    return Sampler(model).sample({1}, options);
  }
};

TEST_F(ClassModelTest, EpsilonIsThatOfTheClass) {
  const Model model = open();
  const GoldenCase golden("class_table");
  const at::Tensor labels = golden["class_labels"].to(at::kLong);  // (2), two classes
  ASSERT_NE(labels[0].item<int64_t>(), labels[1].item<int64_t>());
  for (int64_t row = 0; row < 2; ++row) {
    const GuidedUNet unet = model.conditioned(of_class(labels[row].item<int64_t>()));
    const at::Tensor x = golden["x"].narrow(0, row, 1), t = golden["t"].narrow(0, row, 1);
    const at::Tensor epsilon = unet.decode(unet.encode(x, t, InjectionPoint::kAfter));
    EXPECT_LE(relative_difference(epsilon, golden["eps"].narrow(0, row, 1)), 1e-10);
  }
}

TEST_F(ClassModelTest, FilesKeepTheClass) {
  const Model model = open();
  const Trajectory one = sampled(model, of_class(1)), other = sampled(model, of_class(2));
  EXPECT_TRUE(at::equal(one.x_T(), other.x_T()));
  EXPECT_GT(relative_difference(one.x_0(), other.x_0()), 1e-4);
  one.save(path("one.safetensors"));
  const Trajectory read = Trajectory::open(path("one.safetensors"), model);
  EXPECT_EQ(read.provenance().conditioning.class_label, 1);
  const at::Tensor again = Sampler(model).decode(read, {0}, nullptr, read.provenance().h_space, 1);
  EXPECT_LE(relative_difference(again, one.x_0()), 1e-12);
}

TEST_F(ClassModelTest, ClassesAreChecked) {
  const Model model = open();
  const int64_t classes = model.unet().config().num_class_embeds;
  expect_error([&] { sampled(model, {}); }, {"class: expected one", path("m")});
  for (const int64_t wrong : {int64_t{-1}, classes}) {
    expect_error(
        [&] { sampled(model, of_class(wrong)); },
        {"class: expected 0 to " + std::to_string(classes - 1), "found " + std::to_string(wrong)});
  }
  expect_error([&] { tiny_model().conditioned(of_class(0)); }, {"class: expected none"});
}

}  // namespace
}  // namespace hspace::test
