// Autoencoders against diffusers, for every configuration of native/test/golden/autoencoders.

#include "hspace/autoencoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "kernels/prepacked_conv.h"
#include "networks/autoencoder/codebook.h"
#include "networks/autoencoder/tiles.h"
#include "test/file_fixture.h"
#include "test/golden_case.h"

namespace hspace::test {
namespace {

class AutoencoderGolden : public testing::TestWithParam<std::string> {
 protected:
  AutoencoderGolden() : golden("autoencoders/" + GetParam()) {}

  Autoencoder open(at::ScalarType dtype) const { return {golden.directory, dtype, at::kCPU}; }

  void expect_parity(at::ScalarType dtype, double tolerance) {
    const Autoencoder codec = open(dtype);
    EXPECT_TRUE(codec.config().warnings.empty());
    EXPECT_LE(relative_difference(codec.encode(golden["pictures"]), golden["latents"]), tolerance);
    EXPECT_LE(relative_difference(codec.decode(golden["z_latents"]), golden["decoded"]), tolerance);
    if (!golden.contains("large_latents")) return;
    EXPECT_LE(
        relative_difference(codec.decode(golden["large_latents"], 8), golden["tiled_decoded"]),
        tolerance);
    EXPECT_LE(
        relative_difference(codec.encode(golden["large_pictures"], 8), golden["tiled_latents"]),
        tolerance);
  }

  GoldenCase golden;
};

TEST_P(AutoencoderGolden, Float64) { expect_parity(at::kDouble, 1e-10); }
TEST_P(AutoencoderGolden, Float32) { expect_parity(at::kFloat, 1e-5); }

TEST_P(AutoencoderGolden, FastPathEqualsReference) {
  const Autoencoder codec = open(at::kFloat);
  EXPECT_LE(relative_difference(codec.encode(golden["pictures"]),
                                codec.reference_encode(golden["pictures"])),
            1e-5);
  EXPECT_LE(relative_difference(codec.decode(golden["z_latents"]),
                                codec.reference_decode(golden["z_latents"])),
            1e-5);
}

TEST_P(AutoencoderGolden, BFloat16IsCloseToFloat32) {
  if (!PrepackedConv::supports(at::kBFloat16)) GTEST_SKIP() << "no bfloat16 here";
  const Autoencoder codec = open(at::kBFloat16);
  const at::Tensor decoded = codec.decode(golden["z_latents"]);
  EXPECT_EQ(decoded.scalar_type(), at::kFloat);
  const at::Tensor expected = golden["decoded"];
  EXPECT_LE(((decoded - expected).norm() / expected.norm()).item<double>(), 0.1);
}

TEST_P(AutoencoderGolden, TilesLargerThanThePictureChangeNothing) {
  const Autoencoder codec = open(at::kFloat);
  EXPECT_TRUE(codec.decode(golden["z_latents"], 16).equal(codec.decode(golden["z_latents"])));
  EXPECT_TRUE(codec.encode(golden["pictures"], 16).equal(codec.encode(golden["pictures"])));
}

INSTANTIATE_TEST_SUITE_P(Cases, AutoencoderGolden,
                         testing::Values("kl", "kl_plain", "kl_normalised", "vq", "vq_options"),
                         [](const auto& info) { return info.param; });

// An operator that looks at one pixel at a time is the same in tiles, blended or not.
TEST(Tiles, OfAPointwiseOperatorChangeNothing) {
  const at::Tensor x = at::randn({2, 3, 37, 21}, at::TensorOptions(at::kDouble));
  for (const int64_t side : {8, 12, 40}) {
    const at::Tensor y = in_tiles(
        x, {side, side}, [](const at::Tensor& part) { return at::cat({part, part * part}, 1); });
    EXPECT_LE(relative_difference(y, at::cat({x, x * x}, 1)), 1e-14);
  }
}

TEST(Codebook, FindsTheNearestEntry) {
  const at::Tensor table = at::tensor({0.0, 0.0, 1.0, 0.0, 0.0, 2.0}).view({3, 2});
  const at::Tensor z = at::tensor({0.4, 0.6, -3.0, 0.9, 0.1, 1.9, 0.5, 1.1}).view({1, 2, 2, 2});
  // Positions (0.4, 0.1), (0.6, 1.9), (-3.0, 0.5), (0.9, 1.1).
  const at::Tensor expected = at::tensor({0.0, 0.0, 0.0, 1.0, 0.0, 2.0, 0.0, 0.0});
  EXPECT_TRUE(nearest_entries(z, table).contiguous().view({-1}).equal(expected));
  // More positions than distances are held at a time.
  const at::Tensor many = at::randn({1, 4, 90, 70}), entries = at::randn({1000, 4});
  const at::Tensor flat = nearest_entries(many, entries).permute({0, 2, 3, 1}).reshape({-1, 4});
  const at::Tensor points = many.permute({0, 2, 3, 1}).reshape({-1, 4});
  for (const int64_t i : {0, 4193, 4194, 4195, 6299}) {
    const at::Tensor distances = (entries - points[i]).square().sum(1);
    EXPECT_TRUE(flat[i].equal(entries[distances.argmin().item<int64_t>()]));
  }
}

TEST(Autoencoder, NamesWhatDoesNotFit) {
  const GoldenCase golden("autoencoders/kl");
  const Autoencoder codec(golden.directory, at::kFloat, at::kCPU);
  const at::Tensor pictures = golden["pictures"], latents = golden["latents"];
  expect_error([&] { codec.encode(pictures.narrow(1, 0, 2)); },
               {"pictures", "(B, 3, H, W)", "divisible by 4", "[2, 2, "});
  expect_error([&] { codec.encode(pictures.narrow(2, 0, 15)); }, {"divisible by 4"});
  expect_error([&] { codec.encode(at::Tensor()); }, {"no tensor"});
  expect_error([&] { codec.decode(latents.narrow(1, 0, 1)); }, {"latents", "(B, 2, H, W)"});
  expect_error([&] { codec.decode(latents[0]); }, {"latents"});
  expect_error([&] { codec.decode(latents, 6); }, {"tile", "multiple of 4", "6"});
  expect_error([&] { codec.decode(latents, 4); }, {"at least 8"});
  expect_error([&] { codec.decode(latents, -8); }, {"-8"});
}

TEST(Autoencoder, HashIsOfWhatCounts) {
  const auto hash = [](const std::string& name) {
    return Autoencoder(GoldenCase("autoencoders/" + name).directory, at::kFloat, at::kCPU).hash();
  };
  EXPECT_EQ(hash("kl"), hash("kl"));
  EXPECT_NE(hash("kl"), hash("vq"));
}

class AutoencoderConfigTest : public FileFixture {
 protected:
  AutoencoderConfig load(const nlohmann::json& object) {
    return AutoencoderConfig::load(write_file("config.json", object.dump()));
  }

  void expect_refused(const std::string& key, const nlohmann::json& value,
                      std::vector<std::string> parts) {
    SCOPED_TRACE(key + " = " + value.dump());
    parts.push_back("config.json");
    nlohmann::json object = {{"_class_name", "AutoencoderKL"}};
    object[key] = value;
    expect_error([&] { load(object); }, parts);
  }
};

// The configuration of stabilityai/sdxl-vae.
TEST_F(AutoencoderConfigTest, ReadsAPublishedConfiguration) {
  const AutoencoderConfig config = load(
      {{"_class_name", "AutoencoderKL"},
       {"_diffusers_version", "0.18.0.dev0"},
       {"act_fn", "silu"},
       {"block_out_channels", {128, 256, 512, 512}},
       {"down_block_types",
        {"DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"}},
       {"force_upcast", true},
       {"in_channels", 3},
       {"latent_channels", 4},
       {"layers_per_block", 2},
       {"norm_num_groups", 32},
       {"out_channels", 3},
       {"sample_size", 1024},
       {"scaling_factor", 0.13025},
       {"up_block_types",
        {"UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"}}});
  EXPECT_EQ(config.factor(), 8);
  EXPECT_EQ(config.channels(), 4);
  EXPECT_EQ(config.scaling_factor, 0.13025);
  EXPECT_FALSE(config.codebook);
  EXPECT_TRUE(config.use_quant_conv);
  EXPECT_TRUE(config.mid_block_add_attention);
  EXPECT_TRUE(config.warnings.empty());
}

TEST_F(AutoencoderConfigTest, DefaultsAreThoseOfDiffusers) {
  const AutoencoderConfig kl = load({{"_class_name", "AutoencoderKL"}});
  EXPECT_EQ(kl.latent_channels, 4);
  EXPECT_EQ(kl.scaling_factor, 0.18215);
  EXPECT_EQ(kl.layers_per_block, 1);
  const AutoencoderConfig vq = load({{"_class_name", "VQModel"}});
  EXPECT_EQ(vq.latent_channels, 3);
  EXPECT_EQ(vq.codebook->entries, 256);
  EXPECT_EQ(vq.codebook->width, 3);
  EXPECT_EQ(load({{"_class_name", "VQModel"}, {"vq_embed_dim", 5}}).channels(), 5);
}

TEST_F(AutoencoderConfigTest, RefusesWhatIsNotImplementedOrDoesNotFit) {
  expect_refused("_class_name", "AsymmetricAutoencoderKL", {"AutoencoderKL", "VQModel"});
  expect_refused("act_fn", "relu", {"silu"});
  expect_refused("down_block_types", {"AttnDownEncoderBlock2D"}, {"DownEncoderBlock2D"});
  expect_refused("up_block_types", {"UpDecoderBlock2D", "UpDecoderBlock2D"}, {"1 in", "2 in"});
  expect_refused("norm_num_groups", 7, {"multiples", "7", "64"});
  expect_refused("scaling_factor", 0, {"divisor"});
  expect_refused("latents_mean", {1.0, 2.0}, {"4 numbers"});
  expect_refused("latents_std", {1.0, 0.0, 1.0, 1.0}, {"divisors"});
  expect_refused("block_out_channels", nlohmann::json::array(), {"1 to 16 levels"});
  expect_error([&] { load({{"_class_name", "VQModel"}, {"norm_type", "spatial"}}); },
               {"group", "\"spatial\""});
  expect_error(
      [&] {
        load({{"_class_name", "AutoencoderKL"},
              {"shift_factor", 1.0},
              {"latents_mean", {1.0, 1.0, 1.0, 1.0}}});
      },
      {"shift_factor", "latents_mean"});
}

TEST_F(AutoencoderConfigTest, CanonicalTextIsOfWhatCounts) {
  const std::string text = load({{"_class_name", "AutoencoderKL"}}).canonical_json();
  EXPECT_TRUE(nlohmann::json::accept(text));
  for (const nlohmann::json& same :
       {nlohmann::json{{"force_upcast", false}}, nlohmann::json{{"sample_size", 8}},
        nlohmann::json{{"shift_factor", nullptr}}}) {
    EXPECT_EQ(load(same).canonical_json(), text) << same;
  }
  for (const nlohmann::json& other :
       {nlohmann::json{{"scaling_factor", 1}}, nlohmann::json{{"shift_factor", 0.5}},
        nlohmann::json{{"use_quant_conv", false}}, nlohmann::json{{"_class_name", "VQModel"}},
        nlohmann::json{{"mid_block_add_attention", false}}}) {
    EXPECT_NE(load(other).canonical_json(), text) << other;
  }
}

}  // namespace
}  // namespace hspace::test
