// CLIP's text models against transformers, for every configuration of
// native/test/golden/text_encoders.

#include "hspace/text_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "kernels/prepacked_conv.h"
#include "test/file_fixture.h"
#include "test/golden_case.h"

namespace hspace::test {
namespace {

class TextEncoderGolden : public testing::TestWithParam<std::string> {
 protected:
  void expect_parity(at::ScalarType dtype, double tolerance) {
    const GoldenCase golden("text_encoders/" + GetParam());
    const TextEncoder encoder(golden.directory, dtype, at::kCPU);
    EXPECT_TRUE(encoder.config().warnings.empty());
    const TextEncoding found = encoder.encode(golden["tokens"].to(at::kLong));
    EXPECT_LE(relative_difference(found.last_hidden_state, golden["last_hidden_state"]), tolerance);
    EXPECT_LE(relative_difference(found.pooled, golden["pooled"]), tolerance);
    ASSERT_EQ(found.hidden_states.size(), 4u);
    for (size_t i = 0; i < found.hidden_states.size(); ++i) {
      EXPECT_LE(
          relative_difference(found.hidden_states[i], golden["hidden_state_" + std::to_string(i)]),
          tolerance);
    }
  }
};

TEST_P(TextEncoderGolden, Float64) { expect_parity(at::kDouble, 1e-10); }
TEST_P(TextEncoderGolden, Float32) { expect_parity(at::kFloat, 1e-5); }

TEST_P(TextEncoderGolden, ComputesInFloat32BesideABFloat16Network) {
  if (!PrepackedConv::supports(at::kBFloat16)) GTEST_SKIP() << "no bfloat16 here";
  expect_parity(at::kBFloat16, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Cases, TextEncoderGolden, testing::Values("clip", "clip_projection"),
                         [](const auto& info) { return info.param; });

// A token sees those before it and no other.
TEST(TextEncoder, LooksBackOnly) {
  const GoldenCase golden("text_encoders/clip");
  const TextEncoder encoder(golden.directory, at::kDouble, at::kCPU);
  at::Tensor tokens = golden["tokens"].to(at::kLong);
  const at::Tensor before = encoder.encode(tokens).last_hidden_state;
  tokens.select(1, 3).fill_(7);
  const at::Tensor after = encoder.encode(tokens).last_hidden_state;
  EXPECT_LE(relative_difference(after.narrow(1, 0, 3), before.narrow(1, 0, 3)), 1e-14);
  EXPECT_GT(relative_difference(after.narrow(1, 4, 3), before.narrow(1, 4, 3)), 1e-3);
}

TEST(TextEncoder, NamesWhatDoesNotFit) {
  const GoldenCase golden("text_encoders/clip_projection");
  const TextEncoder encoder(golden.directory, at::kFloat, at::kCPU);
  expect_error([&] { encoder.encode(at::Tensor()); }, {"tokens", "no tensor"});
  expect_error([&] { encoder.encode(at::tensor({38, 39}, at::kLong)); }, {"up to 9"});
  expect_error([&] { encoder.encode(at::zeros({1, 10}, at::kLong)); }, {"up to 9", "[1, 10]"});
  expect_error([&] { encoder.encode(at::zeros({1, 3})); }, {"Long", "Float"});
  expect_error([&] { encoder.encode(at::tensor({38, 40}, at::kLong).view({1, 2})); },
               {"[0, 40)", "found 40"});
  expect_error([&] { encoder.encode(at::tensor({39, 1, 38, 1}, at::kLong).view({2, 2})); },
               {"end token 39", "text 1"});
}

class TextEncoderConfigTest : public FileFixture {
 protected:
  TextEncoderConfig load(const nlohmann::json& object) {
    return TextEncoderConfig::load(write_file("config.json", object.dump()));
  }
};

// The configuration of the second text encoder of stabilityai/stable-diffusion-xl-base-1.0.
TEST_F(TextEncoderConfigTest, ReadsAPublishedConfiguration) {
  const TextEncoderConfig config = load({{"architectures", {"CLIPTextModelWithProjection"}},
                                         {"attention_dropout", 0.0},
                                         {"bos_token_id", 0},
                                         {"dropout", 0.0},
                                         {"eos_token_id", 2},
                                         {"hidden_act", "gelu"},
                                         {"hidden_size", 1280},
                                         {"initializer_factor", 1.0},
                                         {"initializer_range", 0.02},
                                         {"intermediate_size", 5120},
                                         {"layer_norm_eps", 1e-05},
                                         {"max_position_embeddings", 77},
                                         {"model_type", "clip_text_model"},
                                         {"num_attention_heads", 20},
                                         {"num_hidden_layers", 32},
                                         {"pad_token_id", 1},
                                         {"projection_dim", 1280},
                                         {"torch_dtype", "float16"},
                                         {"transformers_version", "4.32.0.dev0"},
                                         {"vocab_size", 49408}});
  EXPECT_TRUE(config.with_projection);
  EXPECT_EQ(config.hidden_act, TextEncoderConfig::Activation::kGelu);
  EXPECT_EQ(config.num_hidden_layers, 32);
  EXPECT_EQ(config.eos_token_id, 2);
  EXPECT_TRUE(config.warnings.empty());
}

TEST_F(TextEncoderConfigTest, RefusesWhatIsNotImplementedOrDoesNotFit) {
  expect_error([&] { load({{"architectures", {"T5EncoderModel"}}}); },
               {"config.json", "CLIPTextModel", "\"T5EncoderModel\""});
  expect_error([&] { load({{"architectures", nlohmann::json::array()}}); }, {"one class"});
  expect_error([&] { load({{"model_type", "t5"}}); }, {"clip_text_model", "\"t5\""});
  expect_error([&] { load({{"hidden_act", "relu"}}); }, {"quick_gelu", "\"relu\""});
  expect_error([&] { load({{"num_attention_heads", 7}}); }, {"multiple", "7", "512"});
  expect_error([&] { load({{"layer_norm_eps", -1}}); }, {"at least 0"});
}

}  // namespace
}  // namespace hspace::test
