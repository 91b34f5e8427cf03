// config.json of a UNet2DConditionModel.

#include <nlohmann/json.hpp>

#include "hspace/config.h"
#include "test/file_fixture.h"

namespace hspace {
namespace {

using nlohmann::json;
using test::expect_error;

class ConditionalConfigTest : public test::FileFixture {
 protected:
  UNetConfig load(json object) {
    object["_class_name"] = "UNet2DConditionModel";
    return UNetConfig::load(write_file("config.json", object.dump()));
  }

  void expect_refused(const std::string& key, const json& value, std::vector<std::string> parts) {
    SCOPED_TRACE(key + " = " + value.dump());
    parts.push_back("config.json");
    parts.push_back(key);
    expect_error([&] { load({{key, value}}); }, parts);
  }
};

TEST_F(ConditionalConfigTest, DefaultsAreThoseOfDiffusers) {
  const UNetConfig config = load(json::object());
  EXPECT_EQ(config.in_channels, 4);
  EXPECT_EQ(config.out_channels, 4);
  EXPECT_EQ(config.block_out_channels, (std::vector<int64_t>{320, 640, 1280, 1280}));
  EXPECT_EQ(config.down_block_types[0], DownBlockType::kCrossAttnDownBlock2D);
  EXPECT_EQ(config.down_block_types[3], DownBlockType::kDownBlock2D);
  EXPECT_EQ(config.up_block_types[0], UpBlockType::kUpBlock2D);
  EXPECT_EQ(config.up_block_types[3], UpBlockType::kCrossAttnUpBlock2D);
  EXPECT_EQ(config.layers_per_block, 2);
  EXPECT_EQ(config.downsample_padding, 1);
  EXPECT_EQ(config.class_embedding, ClassEmbedding::kNone);
  ASSERT_TRUE(config.transformers);
  EXPECT_EQ(config.transformers->cross_attention_dim, 1280);
  EXPECT_EQ(config.transformers->heads, (std::vector<int64_t>{8, 8, 8, 8}));
  EXPECT_EQ(config.transformers->layers, (std::vector<int64_t>{1, 1, 1, 1}));
  EXPECT_EQ(config.transformers->only_cross_attention,
            (std::vector<bool>{false, false, false, false}));
  EXPECT_FALSE(config.transformers->text_time);
  EXPECT_TRUE(config.warnings.empty());
}

// The configuration of stabilityai/stable-diffusion-xl-base-1.0.
TEST_F(ConditionalConfigTest, ReadsAPublishedConfiguration) {
  const UNetConfig config =
      load({{"_diffusers_version", "0.19.0.dev0"},
            {"act_fn", "silu"},
            {"addition_embed_type", "text_time"},
            {"addition_embed_type_num_heads", 64},
            {"addition_time_embed_dim", 256},
            {"attention_head_dim", {5, 10, 20}},
            {"block_out_channels", {320, 640, 1280}},
            {"center_input_sample", false},
            {"class_embed_type", nullptr},
            {"class_embeddings_concat", false},
            {"conv_in_kernel", 3},
            {"conv_out_kernel", 3},
            {"cross_attention_dim", 2048},
            {"cross_attention_norm", nullptr},
            {"down_block_types", {"DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"}},
            {"downsample_padding", 1},
            {"dual_cross_attention", false},
            {"encoder_hid_dim", nullptr},
            {"encoder_hid_dim_type", nullptr},
            {"flip_sin_to_cos", true},
            {"freq_shift", 0},
            {"in_channels", 4},
            {"layers_per_block", 2},
            {"mid_block_only_cross_attention", nullptr},
            {"mid_block_scale_factor", 1},
            {"mid_block_type", "UNetMidBlock2DCrossAttn"},
            {"norm_eps", 1e-05},
            {"norm_num_groups", 32},
            {"num_attention_heads", nullptr},
            {"num_class_embeds", nullptr},
            {"only_cross_attention", false},
            {"out_channels", 4},
            {"projection_class_embeddings_input_dim", 2816},
            {"resnet_out_scale_factor", 1.0},
            {"resnet_skip_time_act", false},
            {"resnet_time_scale_shift", "default"},
            {"sample_size", 128},
            {"time_cond_proj_dim", nullptr},
            {"time_embedding_act_fn", nullptr},
            {"time_embedding_dim", nullptr},
            {"time_embedding_type", "positional"},
            {"timestep_post_act", nullptr},
            {"transformer_layers_per_block", {1, 2, 10}},
            {"up_block_types", {"CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"}},
            {"upcast_attention", nullptr},
            {"use_linear_projection", true}});
  EXPECT_EQ(config.transformers->heads, (std::vector<int64_t>{5, 10, 20}));
  EXPECT_EQ(config.transformers->layers, (std::vector<int64_t>{1, 2, 10}));
  EXPECT_EQ(config.transformers->cross_attention_dim, 2048);
  EXPECT_EQ(config.transformers->text_time->time_width, 256);
  EXPECT_EQ(config.transformers->text_time->inputs, 2816);
  EXPECT_TRUE(config.warnings.empty());
}

TEST_F(ConditionalConfigTest, RefusesWhatIsNotImplemented) {
  for (const char* key : {"encoder_hid_dim", "num_attention_heads", "time_cond_proj_dim"}) {
    expect_refused(key, 8, {"null", "not implemented", "found 8"});
  }
  for (const char* key : {"encoder_hid_dim_type", "timestep_post_act", "time_embedding_act_fn",
                          "cross_attention_norm"}) {
    expect_refused(key, "text_proj", {"null", "not implemented", "\"text_proj\""});
  }
  for (const char* key :
       {"dual_cross_attention", "class_embeddings_concat", "resnet_skip_time_act"}) {
    expect_refused(key, true, {"false", "not implemented"});
  }
  expect_refused("reverse_transformer_layers_per_block", json{{1, 2}, {1, 2}}, {"null"});
  expect_refused("conv_in_kernel", 5, {"from 3 to 3", "5"});
  expect_refused("attention_type", "gated", {"default", "\"gated\""});
  expect_refused("mid_block_type", "UNetMidBlock2DSimpleCrossAttn", {"UNetMidBlock2DCrossAttn"});
  expect_refused("time_embedding_type", "fourier", {"positional"});
  expect_refused("class_embed_type", "projection", {"null or timestep"});
  expect_refused("addition_embed_type", "image", {"null or text_time", "\"image\""});
  expect_refused("addition_embed_type", "text_time", {"addition_time_embed_dim"});
  expect_refused("down_block_types", {"SimpleCrossAttnDownBlock2D"}, {"CrossAttnDownBlock2D"});
  expect_refused("up_block_types", {"AttnUpBlock2D"}, {"CrossAttnUpBlock2D"});
  expect_refused("in_channels", 9, {"out_channels"});  // inpainting
}

TEST_F(ConditionalConfigTest, RefusesWhatDoesNotFitTogether) {
  expect_refused("attention_head_dim", {8, 8}, {"one for each of 4 levels"});
  expect_refused("attention_head_dim", 7, {"multiples", "7", "320"});
  expect_refused("attention_head_dim", nullptr, {"a whole number"});
  expect_refused("cross_attention_dim", {768, 768, 768, 1024}, {"one text"});
  expect_refused("transformer_layers_per_block", json{{1, 1}, {1, 1}, {1, 1}, {1, 1}},
                 {"a whole number"});
  expect_refused("only_cross_attention", {true}, {"one for each of 4 levels"});
  expect_refused("only_cross_attention", 1, {"true or false"});
}

TEST_F(ConditionalConfigTest, CanonicalTextIsOfWhatCounts) {
  const std::string text = load(json::object()).canonical_json();
  EXPECT_TRUE(json::accept(text));
  EXPECT_EQ(text.rfind("{\"_class_name\":\"UNet2DConditionModel\",", 0), 0u) << text;
  EXPECT_NE(text.find("\"only_cross_attention\":[false,false,false,false]"), std::string::npos);
  for (const json& same : {json{{"attention_head_dim", {8, 8, 8, 8}}},
                           json{{"use_linear_projection", true}}, json{{"upcast_attention", true}},
                           json{{"only_cross_attention", false}}, json{{"sample_size", 64}}}) {
    EXPECT_EQ(load(same).canonical_json(), text) << same;
  }
  for (const json& other :
       {json{{"attention_head_dim", {8, 8, 8, 4}}}, json{{"cross_attention_dim", 768}},
        json{{"transformer_layers_per_block", 2}}, json{{"num_class_embeds", 3}},
        json{{"only_cross_attention", {true, false, false, false}}},
        json{{"addition_embed_type", "text_time"},
             {"addition_time_embed_dim", 8},
             {"projection_class_embeddings_input_dim", 64}}}) {
    EXPECT_NE(load(other).canonical_json(), text) << other;
  }
}

}  // namespace
}  // namespace hspace
