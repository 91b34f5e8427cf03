#include "hspace/classifier.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "hspace/error.h"
#include "hspace/safetensors.h"
#include "test/golden_directory.h"

namespace {

namespace fs = std::filesystem;

class ClassifierTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::string directory() const { return hspace::test::golden_path("classifiers/") + GetParam(); }
};

double difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b).abs().max() / b.abs().max()).item<double>();
}

// torchvision's numbers, in float64, for pictures that are resized first in one of the cases.
TEST_P(ClassifierTest, AnswersLikeTorchvision) {
  const hspace::Classifier classifier(directory(), at::kCPU);
  const hspace::SafetensorsFile golden(directory() + "/golden.safetensors");
  const at::Tensor images = golden.tensor("images").to(at::kFloat);
  EXPECT_LT(difference(classifier.outputs(images), golden.tensor("outputs")), 1e-5);
  EXPECT_LT(difference(classifier.scores(images), golden.tensor("scores")), 1e-5);
}

// Distances of each picture to the one before it.
TEST_P(ClassifierTest, MeasuresDistancesAsLpipsDoes) {
  const hspace::Classifier classifier(directory(), at::kCPU);
  const hspace::SafetensorsFile golden(directory() + "/golden.safetensors");
  const at::Tensor images = golden.tensor("images").to(at::kFloat);
  const at::Tensor before = images.roll({1}, {0});
  EXPECT_LT(difference(classifier.distances(images, before), golden.tensor("distances")), 1e-5);
  EXPECT_EQ(classifier.distances(images, images).abs().max().item<double>(), 0);
  EXPECT_THROW(classifier.distances(images, before.narrow(0, 0, 1)), hspace::Error);
}

// Batch statistics must not enter: a picture's score is the same alone and in company.
TEST_P(ClassifierTest, ScoresAPictureAloneAsInABatch) {
  const hspace::Classifier classifier(directory(), at::kCPU);
  const hspace::SafetensorsFile golden(directory() + "/golden.safetensors");
  const at::Tensor images = golden.tensor("images").to(at::kFloat);
  const at::Tensor together = classifier.scores(images);
  for (int64_t i = 0; i < images.size(0); ++i) {
    const at::Tensor alone = classifier.scores(images.narrow(0, i, 1));
    EXPECT_LT((alone - together.narrow(0, i, 1)).abs().max().item<double>(), 1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, ClassifierTest, ::testing::Values("basic", "bottleneck"));

std::string message(const fs::path& directory) {
  try {
    hspace::Classifier(directory.string(), at::kCPU);
  } catch (const hspace::Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(ClassifierErrors, NameTheFileAndTheKey) {
  const fs::path golden = hspace::test::golden_path("classifiers/basic");
  const fs::path copy =
      fs::temp_directory_path() / ("hspace-classifier-" + std::to_string(getpid()));
  fs::create_directories(copy);
  fs::copy_file(golden / "model.safetensors", copy / "model.safetensors");
  const auto refuse = [&](const std::string& config, const std::string& expected) {
    std::ofstream(copy / "config.json") << config;
    EXPECT_NE(message(copy).find(expected), std::string::npos) << message(copy);
  };
  refuse("{}", "heads: expected a list of objects, found nothing");
  refuse(R"({"heads": []})", "at least one");
  refuse(R"({"heads": [{"type": "sigmoid"}]})",
         "heads[0]: name: expected a text of one line, found nothing");
  refuse(R"({"heads": [{"name": "a", "type": "tanh"}]})", ": type: expected one of ");
  refuse(R"({"architecture": "vit", "heads": [{"name": "a"}]})", "architecture: expected ");
  refuse(R"({"layers": [1], "heads": [{"name": "a"}]})", "stages in both");
  refuse(R"({"heads": [{"name": "a"}]})",
         "conv1.weight: expected (64, 3, 7, 7), found (8, 3, 7, 7)");
  // Terabytes, if the layers were made before the weights are found not to fit.
  refuse(R"({"widths": [64, 128, 256, 1000000], "heads": [{"name": "a"}]})", "not looked at");
  refuse(
      R"({"layers": [1000, 1000, 1000, 1000], "widths": [8, 8, 8, 8], "heads": [{"name": "a"}]})",
      "not looked at");
  refuse(R"({"layers": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1], "heads": [{"name": "a"}]})",
         "16 stages");
  refuse(R"({"input_size": 65536, "heads": [{"name": "a"}]})", "input_size: expected ");
  refuse(R"({"std": [1, 0, 1], "heads": [{"name": "a"}]})", "std: expected ");
  fs::remove_all(copy);
}

}  // namespace
