#include "hspace/config.h"

#include <nlohmann/json.hpp>

#include "test/file_fixture.h"
#include "test/golden_directory.h"

namespace hspace {
namespace {

using nlohmann::json;
using test::expect_error;

class ConfigTest : public test::FileFixture {
 protected:
  UNetConfig load(const json& object) {
    return UNetConfig::load(write_file("config.json", object.dump()));
  }

  void expect_refused(const std::string& key, const json& value, std::vector<std::string> parts) {
    SCOPED_TRACE(key + " = " + value.dump());
    parts.push_back("config.json");
    parts.push_back(key);
    expect_error([&] { load({{key, value}}); }, parts);
  }
};

TEST_F(ConfigTest, DefaultsAreThoseOfDiffusers) {
  const UNetConfig config = load(json::object());
  EXPECT_FALSE(config.sample_size);
  EXPECT_EQ(config.in_channels, 3);
  EXPECT_EQ(config.out_channels, 3);
  EXPECT_FALSE(config.center_input_sample);
  EXPECT_EQ(config.time_embedding_type, TimeEmbeddingType::kPositional);
  EXPECT_EQ(config.time_embed_dim(), 896);
  EXPECT_EQ(config.freq_shift, 0);
  EXPECT_TRUE(config.flip_sin_to_cos);
  EXPECT_EQ(config.down_block_types[0], DownBlockType::kDownBlock2D);
  EXPECT_EQ(config.down_block_types[3], DownBlockType::kAttnDownBlock2D);
  EXPECT_EQ(config.up_block_types[0], UpBlockType::kAttnUpBlock2D);
  EXPECT_EQ(config.up_block_types[3], UpBlockType::kUpBlock2D);
  EXPECT_EQ(config.block_out_channels, (std::vector<int64_t>{224, 448, 672, 896}));
  EXPECT_EQ(config.layers_per_block, 2);
  EXPECT_EQ(config.mid_block_scale_factor, 1);
  EXPECT_EQ(config.downsample_padding, 1);
  EXPECT_EQ(config.downsample_type, ResampleType::kConv);
  EXPECT_EQ(config.attention_head_dim, 8);
  EXPECT_EQ(config.attention_heads(448), 56);
  EXPECT_EQ(config.norm_num_groups, 32);
  EXPECT_FALSE(config.attn_norm_num_groups);
  EXPECT_EQ(config.norm_eps, 1e-5);
  EXPECT_EQ(config.resnet_time_scale_shift, TimeScaleShift::kDefault);
  EXPECT_TRUE(config.add_attention);
  EXPECT_TRUE(config.warnings.empty());
}

// The configuration of google/ddpm-ema-celebahq-256.
TEST_F(ConfigTest, ReadsAPublishedConfiguration) {
  const UNetConfig config =
      load({{"_class_name", "UNet2DModel"},
            {"_diffusers_version", "0.1.1"},
            {"act_fn", "silu"},
            {"attention_head_dim", nullptr},
            {"block_out_channels", {128, 128, 256, 256, 512, 512}},
            {"center_input_sample", false},
            {"down_block_types",
             {"DownBlock2D", "DownBlock2D", "DownBlock2D", "DownBlock2D", "AttnDownBlock2D",
              "DownBlock2D"}},
            {"downsample_padding", 0},
            {"flip_sin_to_cos", false},
            {"freq_shift", 1},
            {"in_channels", 3},
            {"layers_per_block", 2},
            {"mid_block_scale_factor", 1},
            {"norm_eps", 1e-06},
            {"norm_num_groups", 32},
            {"out_channels", 3},
            {"sample_size", 256},
            {"time_embedding_type", "positional"},
            {"up_block_types",
             {"UpBlock2D", "AttnUpBlock2D", "UpBlock2D", "UpBlock2D", "UpBlock2D", "UpBlock2D"}}});
  EXPECT_EQ(config.sample_size, (std::array<int64_t, 2>{256, 256}));
  EXPECT_EQ(config.block_out_channels.back(), 512);
  EXPECT_EQ(config.attention_heads(512), 1);
  EXPECT_EQ(config.time_embed_dim(), 512);
  EXPECT_EQ(config.downsample_padding, 0);
  EXPECT_FALSE(config.flip_sin_to_cos);
  EXPECT_EQ(config.freq_shift, 1);
  EXPECT_EQ(config.norm_eps, 1e-6);
  EXPECT_EQ(config.up_block_types[1], UpBlockType::kAttnUpBlock2D);
  EXPECT_TRUE(config.warnings.empty());
}

TEST_F(ConfigTest, ReadsEveryGoldenConfiguration) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::golden_path())) {
    const auto file = entry.path() / "config.json";
    if (!std::filesystem::exists(file)) continue;
    SCOPED_TRACE(file.string());
    const UNetConfig config = UNetConfig::load(file.string());
    EXPECT_TRUE(config.warnings.empty());
    EXPECT_TRUE(config.sample_size);
    ++count;
  }
  EXPECT_GE(count, 10);
}

TEST_F(ConfigTest, ReadsEveryChoice) {
  EXPECT_EQ(load({{"time_embedding_type", "fourier"}}).time_embedding_type,
            TimeEmbeddingType::kFourier);
  EXPECT_EQ(load({{"resnet_time_scale_shift", "scale_shift"}}).resnet_time_scale_shift,
            TimeScaleShift::kScaleShift);
  EXPECT_EQ(load({{"downsample_type", "resnet"}}).downsample_type, ResampleType::kResnet);
  EXPECT_EQ(load({{"upsample_type", "resnet"}}).upsample_type, ResampleType::kResnet);
  EXPECT_EQ(load({{"attention_head_dim", nullptr}}).attention_head_dim, std::nullopt);
  EXPECT_EQ(load({{"attn_norm_num_groups", 16}}).attn_norm_num_groups, 16);
  EXPECT_EQ(load({{"sample_size", {4, 10}}}).sample_size, (std::array<int64_t, 2>{4, 10}));
  EXPECT_EQ(load({{"sample_size", nullptr}}).sample_size, std::nullopt);
  EXPECT_EQ(load({{"time_embedding_dim", 32}}).time_embed_dim(), 32);
  EXPECT_EQ(load({{"time_embedding_dim", nullptr}}).time_embed_dim(), 896);
  EXPECT_EQ(load({{"norm_num_groups", 16.0}}).norm_num_groups, 16);
  EXPECT_EQ(load({{"num_class_embeds", 10}}).class_embedding, ClassEmbedding::kTable);
  EXPECT_EQ(load({{"num_class_embeds", 10}}).num_class_embeds, 10);
  EXPECT_EQ(load({{"class_embed_type", "timestep"}}).class_embedding, ClassEmbedding::kTimestep);
  const UNetConfig old =
      load({{"block_out_channels", {32, 64}},
            {"down_block_types", {"UNetResDownBlock2D", "UNetResAttnDownBlock2D"}},
            {"up_block_types", {"UNetResAttnUpBlock2D", "UNetResUpBlock2D"}}});
  EXPECT_EQ(old.down_block_types[1], DownBlockType::kAttnDownBlock2D);
  EXPECT_EQ(old.up_block_types[0], UpBlockType::kAttnUpBlock2D);
}

TEST_F(ConfigTest, RefusesWhatIsNotImplemented) {
  expect_refused("_class_name", "UNet3DConditionModel",
                 {"one of UNet2DModel, UNet2DConditionModel", "found \"UNet3DConditionModel\""});
  expect_refused("act_fn", "gelu", {"silu", "\"gelu\""});
  expect_refused("mid_block_type", nullptr, {"UNetMidBlock2D", "null"});
  expect_refused("time_embedding_type", "learned", {"positional, fourier", "\"learned\""});
  expect_refused("down_block_types", {"SkipDownBlock2D"},
                 {"[0]", "AttnDownBlock2D", "\"SkipDownBlock2D\""});
  expect_refused("up_block_types", {"SkipUpBlock2D"}, {"AttnUpBlock2D", "\"SkipUpBlock2D\""});
  expect_refused("resnet_time_scale_shift", "spatial", {"scale_shift", "\"spatial\""});
  expect_refused("downsample_padding", 2, {"from 0 to 1", "2"});
  expect_refused("downsample_type", "fir", {"conv", "\"fir\""});
  expect_refused("class_embed_type", "identity", {"null or timestep", "\"identity\""});
}

TEST_F(ConfigTest, RefusesWrongTypesAndRanges) {
  expect_refused("in_channels", "3", {"a whole number", "found \"3\""});
  expect_refused("in_channels", 0, {"a whole number from 1 to ", "found 0"});
  expect_refused("in_channels", 2.5, {"a whole number", "2.5"});
  expect_refused("in_channels", 18446744073709551615u, {"a whole number"});
  expect_refused("center_input_sample", 1, {"true or false", "1"});
  expect_refused("norm_eps", "small", {"a number"});
  expect_refused("norm_eps", -1, {"at least 0"});
  expect_refused("mid_block_scale_factor", 0, {"divisor"});
  expect_refused("norm_num_groups", nullptr, {"a whole number", "null"});
  expect_refused("attention_head_dim", 0, {"null or a whole number", "0"});
  expect_refused("block_out_channels", 64, {"a list of whole numbers", "64"});
  expect_refused("block_out_channels", {64, "64"},
                 {"[1]: expected a whole number", "found \"64\""});
  expect_refused("block_out_channels", {64, -64}, {"[1]: expected a whole number", "found -64"});
  expect_refused("block_out_channels", json::array(), {"at least one level"});
  expect_refused("down_block_types", "DownBlock2D", {"a list of names"});
  expect_refused("down_block_types", {3}, {"DownBlock2D", "found 3"});
  expect_refused("sample_size", {1, 2, 3}, {"[height, width]"});
  expect_refused("sample_size", "64", {"a whole number"});
  expect_refused("sample_size", json(std::vector<int>(1000, 1)), {"found [1,1,", ",1,1…"});
  expect_refused("sample_size", 100000, {"65536"});
}

TEST_F(ConfigTest, RefusesWhatDoesNotFitTogether) {
  expect_refused("block_out_channels", {32, 64}, {"2 in", "4 in"});
  expect_refused("down_block_types", {"DownBlock2D"}, {"4 in", "1 in"});
  expect_refused("norm_num_groups", 33, {"multiples", "33", "224"});
  expect_refused("attention_head_dim", 9, {"multiples", "9", "448"});
  expect_refused("attn_norm_num_groups", 9, {"multiples", "9", "896"});
  // Attention at no level but the bottleneck: only its channels are divided into heads.
  const json plain = {{"block_out_channels", {32, 64}},
                      {"down_block_types", {"DownBlock2D", "DownBlock2D"}},
                      {"up_block_types", {"UpBlock2D", "UpBlock2D"}},
                      {"attention_head_dim", 64}};
  EXPECT_EQ(load(plain).attention_heads(64), 1);
}

TEST_F(ConfigTest, UnknownKeysAreNoted) {
  const UNetConfig config =
      load({{"brand_new", 1}, {"_private", 2}, {"dropout", 0.1}, {"num_train_timesteps", 1000}});
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_NE(config.warnings[0].find("\"brand_new\""), std::string::npos);
}

TEST_F(ConfigTest, UnreadableFiles) {
  expect_error([&] { UNetConfig::load(path("config.json")); },
               {path("config.json"), "No such file"});
  for (const char* text : {"", "{", "{\"in_channels\": 3,}", "\xff\xfe{}"}) {
    expect_error([&] { UNetConfig::load(write_file("config.json", text)); },
                 {"config.json", "not valid JSON"});
  }
  expect_error([&] { UNetConfig::load(write_file("config.json", "[]")); },
               {"config.json", "a JSON object", "found []"});
  expect_error([&] { UNetConfig::load(write_file("config.json", "{\"norm_eps\": 1e999}")); },
               {"out of range"});
}

TEST_F(ConfigTest, OutputIsNoiseOrNoiseAndVariance) {
  EXPECT_FALSE(load({{"in_channels", 3}, {"out_channels", 3}}).learned_variance());
  EXPECT_TRUE(load({{"in_channels", 3}, {"out_channels", 6}}).learned_variance());
  expect_refused("out_channels", 5, {"as many as in_channels", "6", "found 5"});
}

// What is left out counts as its default, other spellings as what they mean.
TEST_F(ConfigTest, CanonicalTextIsOfWhatCounts) {
  const std::string text = load(json::object()).canonical_json();
  EXPECT_EQ(text.rfind("{\"add_attention\":true,\"attention_head_dim\":8,", 0), 0u) << text;
  EXPECT_NE(text.find("\"norm_eps\":0.00001,"), std::string::npos) << text;
  EXPECT_TRUE(json::accept(text));
  for (const json& same :
       {json{{"norm_eps", 1e-5}}, json{{"dropout", 0.5}}, json{{"new_key", 1}},
        json{{"_diffusers_version", "9"}}, json{{"sample_size", 8}},
        json{{"layers_per_block", 2.0}}, json{{"time_embedding_dim", 896}},
        json{{"act_fn", "swish"}},
        json{{"down_block_types",
              {"UNetResDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"}}}}) {
    EXPECT_EQ(load(same).canonical_json(), text) << same;
  }
  for (const json& other :
       {json{{"norm_eps", 1e-6}},
        json{{"in_channels", 1}, {"out_channels", 1}},
        json{{"out_channels", 6}},
        json{{"center_input_sample", true}},
        json{{"time_embedding_type", "fourier"}},
        json{{"time_embedding_dim", 64}},
        json{{"freq_shift", 1}},
        json{{"flip_sin_to_cos", false}},
        json{{"down_block_types",
              {"DownBlock2D", "DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"}}},
        json{{"up_block_types", {"AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D", "UpBlock2D"}}},
        json{{"block_out_channels", {224, 448, 672, 928}}},
        json{{"layers_per_block", 1}},
        json{{"mid_block_scale_factor", 2}},
        json{{"downsample_padding", 0}},
        json{{"downsample_type", "resnet"}},
        json{{"upsample_type", "resnet"}},
        json{{"attention_head_dim", nullptr}},
        json{{"norm_num_groups", 16}},
        json{{"attn_norm_num_groups", 16}},
        json{{"resnet_time_scale_shift", "scale_shift"}},
        json{{"num_class_embeds", 10}},
        json{{"class_embed_type", "timestep"}},
        json{{"add_attention", false}}}) {
    EXPECT_NE(load(other).canonical_json(), text) << other;
  }
}

}  // namespace
}  // namespace hspace
