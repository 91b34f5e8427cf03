#include "hspace/model_directory.h"

#include <filesystem>

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

TEST_F(ModelDirectoryTest, SaysWhatAnotherPipelineNeeds) {
  file("ldm/model_index.json",
       R"({"_class_name":"LDMPipeline","scheduler":["diffusers","DDIMScheduler"],)"
       R"("unet":["diffusers","UNet2DModel"],"vqvae":["diffusers","VQModel"]})");
  file("ldm/unet/config.json");
  expect_error([&] { ModelDirectory::find(path("ldm")); },
               {"model_index.json", "LDMPipeline", "vqvae (VQModel)", path("ldm/unet")});
  file(
      "sd/model_index.json",
      R"({"_class_name":"StableDiffusionPipeline","requires_safety_checker":true,)"
      R"("safety_checker":[null,null],"scheduler":["diffusers","PNDMScheduler"],)"
      R"("text_encoder":["transformers","CLIPTextModel"],"unet":["diffusers","UNet2DConditionModel"]})");
  expect_error(
      [&] { ModelDirectory::find(path("sd")); },
      {"StableDiffusionPipeline", "text_encoder (CLIPTextModel)", "unet (UNet2DConditionModel)"});
  file("none/model_index.json", R"({"_class_name":"P"})");
  expect_error([&] { ModelDirectory::find(path("none")); }, {"unet: expected", "found none"});
  for (const char* broken : {"[]", "{", R"({"unet":["diffusers"]})", R"({"unet":[1,2]})"}) {
    file("broken/model_index.json", broken);
    expect_error([&] { ModelDirectory::find(path("broken")); }, {"model_index.json"});
  }
}

}  // namespace
}  // namespace hspace
