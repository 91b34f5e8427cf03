#include "hspace/model_directory.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "test/file_fixture.h"

namespace hspace {
namespace {

using test::expect_error;
namespace fs = std::filesystem;

class ModelDirectoryTest : public test::FileFixture {
 protected:
  void file(const std::string& name, const std::string& text = "{}") const {
    fs::create_directories(fs::path(path(name)).parent_path());
    write_file(name, text);
  }

  void expect_parts(const std::string& of, const std::string& unet,
                    const std::string& scheduler) const {
    const ModelDirectory found = ModelDirectory::find(path(of));
    EXPECT_TRUE(fs::equivalent(found.unet, path(unet))) << found.unet;
    EXPECT_TRUE(fs::equivalent(found.scheduler, path(scheduler))) << found.scheduler;
  }

  static constexpr const char* kIndex =
      R"({"_class_name":"DDPMPipeline","_diffusers_version":"0.1","scheduler":["diffusers","DDPMScheduler"],)"
      R"("unet":["diffusers","UNet2DModel"]})";
};

TEST_F(ModelDirectoryTest, Folders) {
  file("m/model_index.json", kIndex);
  file("m/unet/config.json");
  file("m/scheduler/scheduler_config.json");
  expect_parts("m", "m/unet", "m/scheduler/scheduler_config.json");
  fs::remove(path("m/model_index.json"));
  expect_parts("m", "m/unet", "m/scheduler/scheduler_config.json");
}

TEST_F(ModelDirectoryTest, Flat) {
  file("m/model_index.json", kIndex);
  file("m/config.json");
  file("m/scheduler_config.json");
  expect_parts("m", "m", "m/scheduler_config.json");
}

TEST_F(ModelDirectoryTest, BareUNet) {
  file("m/unet/config.json");
  expect_error([&] { ModelDirectory::find(path("m/unet")); },
               {path("m/unet"), "no noise schedule", path("m/scheduler/scheduler_config.json")});
  file("m/scheduler/scheduler_config.json");
  expect_parts("m/unet", "m/unet", "m/scheduler/scheduler_config.json");
  expect_parts("m/unet/", "m/unet", "m/scheduler/scheduler_config.json");
  expect_parts("m/unet/.", "m/unet", "m/scheduler/scheduler_config.json");
  file("m/unet/scheduler_config.json");
  expect_parts("m/unet", "m/unet", "m/unet/scheduler_config.json");
}

// Files of a cache are links into blobs/, whose names say nothing.
TEST_F(ModelDirectoryTest, HubCache) {
  const std::string root = "models--a--b";
  file(root + "/blobs/1", kIndex);
  file(root + "/blobs/2");
  for (const char* revision : {"old", "new"}) {
    const fs::path snapshot = path(root + "/snapshots/" + revision);
    fs::create_directories(snapshot);
    fs::create_symlink("../../blobs/1", snapshot / "model_index.json");
    fs::create_symlink("../../blobs/2", snapshot / "config.json");
    fs::create_symlink("../../blobs/2", snapshot / "scheduler_config.json");
  }
  expect_error([&] { ModelDirectory::find(path(root)); }, {root, "refs/main", "found 2"});
  file(root + "/refs/main", "new\n");
  const std::string snapshot = root + "/snapshots/new";
  expect_parts(root, snapshot, snapshot + "/scheduler_config.json");
  EXPECT_TRUE(fs::equivalent(ModelDirectory::find(path(root)).root, path(snapshot)));
  expect_parts(snapshot, snapshot, snapshot + "/scheduler_config.json");
  file(root + "/refs/main", "../..");
  expect_error([&] { ModelDirectory::find(path(root)); }, {"refs/main", "\"../..\""});
}

TEST_F(ModelDirectoryTest, NamesWhatIsMissing) {
  expect_error([&] { ModelDirectory::find(path("no")); }, {path("no"), "found nothing"});
  file("file");
  expect_error([&] { ModelDirectory::find(path("file")); }, {path("file"), "found a file"});
  file("m/model_index.json", kIndex);
  expect_error([&] { ModelDirectory::find(path("m")); },
               {path("m"), "no unet/config.json and no config.json"});
  file("m/config.json");
  expect_error([&] { ModelDirectory::find(path("m")); }, {"no noise schedule"});
}

// A model_index.json as diffusers writes it: name, class, name, class ...
std::string index(const std::string& pipeline, const std::vector<std::string>& parts,
                  const std::string& settings = "") {
  std::string text = "{\"_class_name\":\"" + pipeline + "\"" + settings;
  for (size_t i = 0; i < parts.size(); i += 2) {
    const bool null = parts[i + 1].empty();
    text += ",\"" + parts[i] + "\":[" +
            (null ? "null,null" : "\"library\",\"" + parts[i + 1] + "\"") + "]";
  }
  return text + "}";
}

const std::vector<std::string> kStable = {"scheduler",
                                          "PNDMScheduler",
                                          "unet",
                                          "UNet2DConditionModel",
                                          "vae",
                                          "AutoencoderKL",
                                          "text_encoder",
                                          "CLIPTextModel",
                                          "tokenizer",
                                          "CLIPTokenizer",
                                          "safety_checker",
                                          "StableDiffusionSafetyChecker",
                                          "image_encoder",
                                          "",
                                          "feature_extractor",
                                          "CLIPImageProcessor"};

std::vector<std::string> with(std::vector<std::string> parts,
                              const std::vector<std::string>& more) {
  parts.insert(parts.end(), more.begin(), more.end());
  return parts;
}

const std::vector<std::string> kTwoEncoders = with(
    kStable, {"text_encoder_2", "CLIPTextModelWithProjection", "tokenizer_2", "CLIPTokenizer"});

TEST_F(ModelDirectoryTest, UnconditionalLatentPipeline) {
  for (const char* name : {"vqvae", "vae"}) {
    const std::string root = std::string("ldm-") + name;
    file(root + "/model_index.json", index("LDMPipeline", {"scheduler", "DDIMScheduler", "unet",
                                                           "UNet2DModel", name, "VQModel"}));
    file(root + "/unet/config.json");
    file(root + "/scheduler/scheduler_config.json");
    expect_error([&] { ModelDirectory::find(path(root)); },
                 {path(root) + "/" + name, "config.json", "the download is incomplete"});
    file(root + "/" + name + "/config.json");
    const ModelDirectory found = ModelDirectory::find(path(root));
    EXPECT_EQ(found.pipeline_class, "LDMPipeline");
    EXPECT_EQ(found.autoencoder, path(root) + "/" + name);
    EXPECT_TRUE(found.text_encoders.empty() && found.tokenizers.empty());
    EXPECT_TRUE(found.warnings.empty());
    EXPECT_FALSE(found.zeros_for_empty_prompt);
  }
}

TEST_F(ModelDirectoryTest, StableDiffusion) {
  file("sd/model_index.json",
       index("StableDiffusionPipeline", kStable, R"(,"requires_safety_checker":true)"));
  for (const char* part : {"unet", "vae", "text_encoder"})
    file("sd/" + std::string(part) + "/config.json");
  file("sd/scheduler/scheduler_config.json");
  file("sd/tokenizer/vocab.json");
  expect_error([&] { ModelDirectory::find(path("sd")); },
               {path("sd/tokenizer"), "tokenizer.json, or vocab.json and merges.txt"});
  file("sd/tokenizer/merges.txt");
  const ModelDirectory found = ModelDirectory::find(path("sd"));
  using Paths = std::vector<std::string>;
  EXPECT_EQ(found.autoencoder, path("sd/vae"));
  EXPECT_EQ(found.text_encoders, Paths{path("sd/text_encoder")});
  EXPECT_EQ(found.tokenizers, Paths{path("sd/tokenizer")});
  EXPECT_FALSE(found.zeros_for_empty_prompt);
  EXPECT_EQ(found.warnings, (Paths{"feature_extractor (CLIPImageProcessor) is not used",
                                   "safety_checker (StableDiffusionSafetyChecker) is not used"}));
  // Without model_index.json the parts are the folders that are there.
  fs::remove(path("sd/model_index.json"));
  const ModelDirectory same = ModelDirectory::find(path("sd"));
  EXPECT_EQ(same.autoencoder, found.autoencoder);
  EXPECT_EQ(same.text_encoders, found.text_encoders);
  EXPECT_EQ(same.tokenizers, found.tokenizers);
  EXPECT_EQ(same.pipeline_class, "");
  // A U-Net that is named itself is one of latents.
  EXPECT_EQ(ModelDirectory::find(path("sd/unet")).autoencoder, "");
  file("sd/vqvae/config.json");
  expect_error([&] { ModelDirectory::find(path("sd")); }, {"vae/ or vqvae/", "found both"});
}

TEST_F(ModelDirectoryTest, TwoTextEncoders) {
  for (const char* part : {"unet", "vae", "text_encoder", "text_encoder_2"})
    file("xl/" + std::string(part) + "/config.json");
  file("xl/scheduler/scheduler_config.json");
  file("xl/tokenizer/tokenizer.json");
  file("xl/tokenizer_2/tokenizer.json");
  for (const auto& [setting, zeros] : std::vector<std::pair<std::string, bool>>{
           {"", true}, {R"(,"force_zeros_for_empty_prompt":false)", false}}) {
    file("xl/model_index.json", index("StableDiffusionXLPipeline", kTwoEncoders, setting));
    const ModelDirectory found = ModelDirectory::find(path("xl"));
    using Paths = std::vector<std::string>;
    EXPECT_EQ(found.text_encoders, (Paths{path("xl/text_encoder"), path("xl/text_encoder_2")}));
    EXPECT_EQ(found.tokenizers, (Paths{path("xl/tokenizer"), path("xl/tokenizer_2")}));
    EXPECT_EQ(found.zeros_for_empty_prompt, zeros);
  }
}

TEST_F(ModelDirectoryTest, SaysWhyAPipelineIsRefused) {
  struct Case {
    std::string index;
    std::vector<std::string> parts;
  };
  const auto replaced = [](std::vector<std::string> parts, const std::string& name,
                           const std::string& type) {
    for (size_t i = 0; i < parts.size(); i += 2) {
      if (parts[i] == name) parts[i + 1] = type;
    }
    return parts;
  };
  const std::vector<Case> cases = {
      {index("FluxPipeline", {"scheduler", "FlowMatchEulerDiscreteScheduler", "text_encoder",
                              "CLIPTextModel", "text_encoder_2", "T5EncoderModel", "transformer",
                              "FluxTransformer2DModel", "vae", "AutoencoderKL"}),
       {"FluxPipeline", "a transformer (FluxTransformer2DModel)", "no bottleneck"}},
      {index("StableDiffusion3Pipeline", {"transformer", "SD3Transformer2DModel"}),
       {"SD3Transformer2DModel", "h-space is the innermost activation of a U-Net"}},
      {index("PixArtAlphaPipeline", {"transformer", "Transformer2DModel"}), {"no bottleneck"}},
      {index("LDMTextToImagePipeline",
             with(replaced(kStable, "text_encoder", ""), {"bert", "LDMBertModel"})),
       {"LDMTextToImagePipeline would need bert (LDMBertModel)"}},
      {index("StableDiffusionControlNetPipeline", with(kStable, {"controlnet", "ControlNetModel"})),
       {"controlnet (ControlNetModel)"}},
      {index("AltDiffusionPipeline", replaced(kStable, "text_encoder", "XLMRobertaModel")),
       {"text_encoder: expected a component of class CLIPTextModel", "found XLMRobertaModel"}},
      {index("StableDiffusionPipeline", replaced(kStable, "vae", "AutoencoderTiny")),
       {"vae: expected a component of class AutoencoderKL or VQModel, found AutoencoderTiny"}},
      {index("TextToVideoSDPipeline", replaced(kStable, "unet", "UNet3DConditionModel")),
       {"unet: expected", "UNet2DModel or UNet2DConditionModel, found UNet3DConditionModel"}},
      {index("StableDiffusionPipeline", replaced(kStable, "tokenizer", "")),
       {"tokenizer: expected", "found none"}},
      {index("StableDiffusionPipeline", replaced(kStable, "text_encoder", "")),
       {"text_encoder: expected", "found none"}},
      {index("StableDiffusionPipeline", replaced(kStable, "vae", "")),
       {"vae: expected", "found none"}},
      {index("StableDiffusionPipeline", with(kStable, {"vqvae", "VQModel"})),
       {"a vae or a vqvae, found both"}},
      {index("StableDiffusionXLImg2ImgPipeline", kTwoEncoders,
             R"(,"requires_aesthetics_score":true)"),
       {"requires_aesthetics_score", "a refiner"}},
      {index("DDPMPipeline", {"unet", "UNet2DModel", "text_encoder", "CLIPTextModel"}),
       {"text_encoder: expected none beside a UNet2DModel"}},
      {R"({"_class_name":"P"})", {"unet: expected", "found none"}}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.index);
    file("m/model_index.json", one.index);
    expect_error([&] { ModelDirectory::find(path("m")); },
                 with({path("m/model_index.json")}, one.parts));
  }
  for (const char* broken : {"[]", "{", R"({"unet":["diffusers"]})", R"({"unet":[1,2]})"}) {
    file("broken/model_index.json", broken);
    expect_error([&] { ModelDirectory::find(path("broken")); }, {"model_index.json"});
  }
}

}  // namespace
}  // namespace hspace
