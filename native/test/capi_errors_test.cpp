// What the C API refuses, how it says so, and that it never does more than that.

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <thread>

#include "test/capi_fixture.h"

namespace hspace::test {
namespace {

class CApiErrors : public CApiFixture {
 protected:
  const float* zeros(size_t count) {
    numbers_.assign(count, 0);
    return numbers_.data();
  }

  // A file that is no safetensors file.
  std::string junk() { return write_file("junk.safetensors", "junk"); }

 private:
  std::vector<float> numbers_;
};

TEST_F(CApiErrors, NoErrorAtFirst) {
  std::thread([] { EXPECT_STREQ(hspace_last_error(), ""); }).join();
}

TEST_F(CApiErrors, EachThreadHasItsOwn) {
  int64_t shape[3];
  expect_status(HSPACE_ARGUMENT, hspace_model_image_shape(nullptr, shape), {"model", "NULL"});
  std::thread([&] {
    EXPECT_STREQ(hspace_last_error(), "");
    expect_status(HSPACE_ARGUMENT, hspace_model_h_shape(model.get(), 9, shape), {"point", "9"});
  }).join();
  EXPECT_STREQ(hspace_last_error(), "model: expected an open one, found NULL");
  // What goes well leaves it.
  expect_ok(hspace_model_image_shape(model.get(), shape));
  EXPECT_STREQ(hspace_last_error(), "model: expected an open one, found NULL");
}

// Every function that takes a handle, with none.
TEST_F(CApiErrors, NullHandles) {
  float room[1];
  double numbers[1];
  int64_t integers[3] = {};
  char hex[65];
  void* out = nullptr;
  hspace_point point;
  DLManagedTensor* tensor = nullptr;
  size_t count;
  const std::vector<std::pair<const char*, std::function<hspace_status()>>> calls = {
      {"model", [&] { return hspace_model_image_shape(nullptr, integers); }},
      {"model", [&] { return hspace_model_h_shape(nullptr, HSPACE_AFTER, integers); }},
      {"model", [&] { return hspace_model_timesteps(nullptr, integers, 3); }},
      {"model", [&] { return hspace_model_hash(nullptr, hex); }},
      {"model",
       [&] {
         return hspace_sample(nullptr, integers, 1, nullptr, nullptr, nullptr,
                              reinterpret_cast<hspace_trajectory**>(&out));
       }},
      {"model",
       [&] {
         return hspace_draw(nullptr, integers, 1, nullptr,
                            reinterpret_cast<hspace_trajectory**>(&out));
       }},
      {"model",
       [&] {
         return hspace_invert(nullptr, room, 1, nullptr, nullptr, nullptr,
                              reinterpret_cast<hspace_trajectory**>(&out));
       }},
      {"model",
       [&] {
         return hspace_trajectory_open(nullptr, "file",
                                       reinterpret_cast<hspace_trajectory**>(&out));
       }},
      {"model",
       [&] {
         return hspace_direction_open(nullptr, "up", reinterpret_cast<hspace_direction**>(&out));
       }},
      {"model", [&] { return hspace_directions_open(nullptr, "file", nullptr, 0, &count); }},
      {"model",
       [&] {
         return hspace_direction_create(nullptr, "own", HSPACE_AFTER, room, integers, 1,
                                        reinterpret_cast<hspace_direction**>(&out));
       }},
      {"model",
       [&] {
         return hspace_encode(nullptr, room, integers, 1, HSPACE_AFTER, nullptr,
                              reinterpret_cast<hspace_bottleneck**>(&out));
       }},
      {"model",
       [&] {
         return hspace_svd(nullptr, room, integers, 1, HSPACE_AFTER, nullptr, nullptr, nullptr,
                           reinterpret_cast<hspace_triplets**>(&out));
       }},
      {"model",
       [&] {
         return hspace_edit(nullptr, nullptr, nullptr, 0, nullptr, nullptr, nullptr, room, 1);
       }},
      {"trajectory",
       [&] {
         return hspace_edit(model.get(), nullptr, nullptr, 0, nullptr, nullptr, nullptr, room, 1);
       }},
      {"trajectory",
       [&] {
         return hspace_trajectory_decode(model.get(), nullptr, nullptr, 0, nullptr, nullptr,
                                         nullptr, nullptr, nullptr, room, 1);
       }},
      {"trajectory", [&] { return hspace_trajectory_states(model.get(), nullptr, 0, 1, room, 1); }},
      {"trajectory", [&] { return hspace_trajectory_save(nullptr, "file"); }},
      {"trajectory", [&] { return hspace_trajectory_point(nullptr, &point); }},
      {"trajectory", [&] { return hspace_trajectory_timesteps(nullptr, integers, 3); }},
      {"trajectory", [&] { return hspace_trajectory_read(nullptr, HSPACE_PART_H, room, 1); }},
      {"trajectory", [&] { return hspace_trajectory_dlpack(nullptr, HSPACE_PART_H, &tensor); }},
      {"trajectory", [&] { return hspace_trajectory_psnr(nullptr, numbers, 1); }},
      {"trajectory", [&] { return hspace_trajectory_residual(nullptr, numbers, 1); }},
      {"direction",
       [&] {
         return hspace_direction_rename(nullptr, "a", reinterpret_cast<hspace_direction**>(&out));
       }},
      {"direction", [&] { return hspace_direction_point(nullptr, &point); }},
      {"direction", [&] { return hspace_direction_timesteps(nullptr, integers, 3); }},
      {"direction", [&] { return hspace_direction_read(nullptr, room, 1); }},
      {"direction", [&] { return hspace_direction_dlpack(nullptr, &tensor); }},
      {"direction", [&] { return hspace_direction_norm(nullptr, numbers); }},
      {"bottleneck", [&] { return hspace_bottleneck_h(nullptr, room, 1); }},
      {"bottleneck", [&] { return hspace_bottleneck_dlpack(nullptr, &tensor); }},
      {"bottleneck", [&] { return hspace_decode(nullptr, nullptr, 1, room, 1); }},
      {"bottleneck",
       [&] {
         return hspace_linearize(nullptr, nullptr, reinterpret_cast<hspace_linearized**>(&out));
       }},
      {"linearized", [&] { return hspace_jvp(nullptr, room, nullptr, 1, room, 1); }},
      {"linearized", [&] { return hspace_vjp(nullptr, room, nullptr, 1, room, 1); }},
      {"triplets", [&] { return hspace_triplets_values(nullptr, numbers, 1); }},
      {"triplets", [&] { return hspace_triplets_residuals(nullptr, numbers, 1); }},
      {"triplets", [&] { return hspace_triplets_v(nullptr, room, 1); }},
      {"triplets", [&] { return hspace_triplets_u(nullptr, room, 1); }},
      {"classifier", [&] { return hspace_classifier_scores(nullptr, room, 1, 1, 1, room, 1); }},
  };
  for (const auto& [what, call] : calls) {
    out = &out;
    const hspace_status status = call();
    EXPECT_EQ(status, HSPACE_ARGUMENT);
    EXPECT_EQ(hspace_last_error(), std::string(what) + ": expected an open one, found NULL");
    EXPECT_TRUE(out == nullptr || out == &out);
  }
  EXPECT_EQ(hspace_model_direction_count(nullptr), 0u);
  EXPECT_EQ(hspace_model_direction_name(nullptr, 0), nullptr);
  EXPECT_EQ(hspace_model_warning_count(nullptr), 0u);
  EXPECT_EQ(hspace_model_warning(nullptr, 0), nullptr);
  EXPECT_EQ(hspace_trajectory_rows(nullptr), 0u);
  EXPECT_EQ(hspace_trajectory_steps(nullptr), 0u);
  EXPECT_EQ(hspace_trajectory_provenance(nullptr), nullptr);
  EXPECT_EQ(hspace_trajectory_count(nullptr, HSPACE_PART_H), 0u);
  EXPECT_EQ(hspace_direction_name(nullptr), nullptr);
  EXPECT_EQ(hspace_direction_steps(nullptr), 0u);
  EXPECT_EQ(hspace_direction_count(nullptr), 0u);
  EXPECT_EQ(hspace_bottleneck_rows(nullptr), 0u);
  EXPECT_EQ(hspace_classifier_label_count(nullptr), 0u);
  EXPECT_EQ(hspace_classifier_label(nullptr, 0), nullptr);
  hspace_model_free(nullptr);
  hspace_trajectory_free(nullptr);
  hspace_direction_free(nullptr);
  hspace_bottleneck_free(nullptr);
  hspace_linearized_free(nullptr);
  hspace_triplets_free(nullptr);
  hspace_classifier_free(nullptr);
}

TEST_F(CApiErrors, FreedHandlesAndThoseOfAnotherKind) {
  hspace_trajectory* trajectory = sampled({1}).release();
  hspace_trajectory_free(trajectory);
  hspace_trajectory_free(trajectory);
  expect_status(HSPACE_ARGUMENT, hspace_trajectory_save(trajectory, "file"),
                {"trajectory: expected an open one, found one that was freed"});
  // Its place is taken again, the handle is not.
  std::vector<OwnedTrajectory> others;
  for (int i = 0; i < 50; ++i) others.push_back(sampled({1}));
  hspace_trajectory_free(trajectory);
  expect_status(HSPACE_ARGUMENT, hspace_trajectory_save(trajectory, "file"), {"freed"});
  for (const OwnedTrajectory& other : others) EXPECT_EQ(hspace_trajectory_rows(other.get()), 1u);
  // Of another kind, and nothing that was ever a handle.
  int64_t shape[3];
  auto* const wrong = reinterpret_cast<hspace_model*>(others[0].get());
  expect_status(HSPACE_ARGUMENT, hspace_model_image_shape(wrong, shape),
                {"expected a model, found a trajectory"});
  hspace_model_free(wrong);
  EXPECT_EQ(hspace_trajectory_rows(others[0].get()), 1u);
  auto* const address = reinterpret_cast<hspace_model*>(shape);
  expect_status(HSPACE_ARGUMENT, hspace_model_image_shape(address, shape), {"model"});
  hspace_model_free(address);
}

TEST_F(CApiErrors, HandlesOutliveWhatTheyAreMadeOf) {
  const auto trajectory = sampled({1});
  const int64_t timestep = 500;
  const auto bottleneck = made<OwnedBottleneck>([&](auto out) {
    return hspace_encode(model.get(), zeros(kImage), &timestep, 1, HSPACE_AFTER, nullptr, out);
  });
  model.reset();
  const auto linearized = made<OwnedLinearized>(
      [&](auto out) { return hspace_linearize(bottleneck.get(), nullptr, out); });
  std::vector<float> epsilon(kImage), h(kH);
  expect_ok(hspace_decode(bottleneck.get(), nullptr, 1, epsilon.data(), kImage));
  expect_ok(hspace_vjp(linearized.get(), epsilon.data(), nullptr, 1, h.data(), kH));
  EXPECT_EQ(hspace_trajectory_rows(trajectory.get()), 1u);
}

TEST_F(CApiErrors, NullPointers) {
  const int64_t seed = 1;
  hspace_trajectory* made_one = nullptr;
  expect_status(HSPACE_ARGUMENT, hspace_model_open(nullptr, nullptr, nullptr), {"out"});
  hspace_model* opened = model.get();
  expect_status(HSPACE_ARGUMENT, hspace_model_open(nullptr, nullptr, &opened), {"directory"});
  EXPECT_EQ(opened, nullptr);
  expect_status(HSPACE_ARGUMENT, hspace_model_image_shape(model.get(), nullptr), {"chw"});
  expect_status(HSPACE_ARGUMENT, hspace_model_hash(model.get(), nullptr), {"hex"});
  expect_status(HSPACE_ARGUMENT, hspace_model_timesteps(model.get(), nullptr, 3), {"timesteps"});
  expect_status(HSPACE_ARGUMENT, hspace_draw(model.get(), &seed, 1, nullptr, nullptr), {"out"});
  expect_status(HSPACE_ARGUMENT, hspace_draw(model.get(), nullptr, 1, nullptr, &made_one),
                {"seeds"});
  expect_status(HSPACE_ARGUMENT, hspace_draw(model.get(), &seed, 0, nullptr, &made_one),
                {"seeds", "at least one"});
  expect_status(HSPACE_ARGUMENT,
                hspace_invert(model.get(), nullptr, 1, nullptr, nullptr, nullptr, &made_one),
                {"images"});
  const auto trajectory = sampled({1});
  expect_status(HSPACE_ARGUMENT, hspace_trajectory_save(trajectory.get(), nullptr), {"file"});
  expect_status(HSPACE_ARGUMENT,
                hspace_trajectory_read(trajectory.get(), HSPACE_PART_H, nullptr, 4 * kH), {"out"});
  std::vector<float> room(kImage);
  expect_status(HSPACE_ARGUMENT,
                hspace_edit(model.get(), trajectory.get(), nullptr, 1, nullptr, nullptr, nullptr,
                            room.data(), kImage),
                {"columns"});
  const hspace_edit_column column = {nullptr, 2};
  expect_status(HSPACE_ARGUMENT,
                hspace_edit(model.get(), trajectory.get(), &column, 1, nullptr, nullptr, nullptr,
                            room.data(), kImage),
                {"terms"});
  hspace_direction* direction_too = nullptr;
  expect_status(HSPACE_ARGUMENT,
                hspace_direction_combine(nullptr, nullptr, 1, "sum", &direction_too),
                {"directions"});
  expect_status(HSPACE_ARGUMENT,
                hspace_direction_combine(nullptr, nullptr, 0, "sum", &direction_too),
                {"directions", "none"});
  const auto up = direction("up");
  const hspace_direction* const one = up.get();
  expect_status(HSPACE_ARGUMENT, hspace_direction_combine(&one, nullptr, 1, "s", &direction_too),
                {"factors"});
  expect_status(HSPACE_ARGUMENT, hspace_direction_rename(one, nullptr, &direction_too), {"name"});
  expect_status(HSPACE_ARGUMENT, hspace_direction_rename(one, "", &direction_too), {"name"});
  const int64_t shape[3] = {3, 1, 1};
  expect_status(HSPACE_ARGUMENT, hspace_image_write_png(path("a.png").c_str(), nullptr, shape),
                {"image"});
  expect_status(HSPACE_ARGUMENT, hspace_image_write_png(nullptr, room.data(), shape), {"file"});
}

TEST_F(CApiErrors, RoomOfAnotherSize) {
  const auto trajectory = sampled({1, 2});
  std::vector<float> room(2 * kImage);
  expect_status(HSPACE_ARGUMENT,
                hspace_trajectory_read(trajectory.get(), HSPACE_PART_IMAGES, room.data(), kImage),
                {"out: expected room for 1536 floats (2, 3, 16, 16), found 768"});
  const hspace_edit_column column = {nullptr, 0};
  bool heard = false;
  const hspace_progress hears = [](int64_t, int64_t, void* user) {
    return *static_cast<bool*>(user) = true;
  };
  expect_status(HSPACE_ARGUMENT,
                hspace_edit(model.get(), trajectory.get(), &column, 1, nullptr, hears, &heard,
                            room.data(), 2 * kImage - 1),
                {"out: expected room for 1536 floats (2, 1, 3, 16, 16), found 1535"});
  EXPECT_FALSE(heard) << "refused before anything is computed";
  int64_t timesteps[2];
  expect_status(HSPACE_ARGUMENT, hspace_trajectory_timesteps(trajectory.get(), timesteps, 2),
                {"timesteps: expected room for 4, found 2"});
  double figures[2];
  expect_status(HSPACE_ARGUMENT, hspace_trajectory_psnr(trajectory.get(), figures, 2),
                {"hspace_invert"});
  // Numbers that multiply beyond all memory.
  hspace_trajectory* out = nullptr;
  for (const size_t n : {SIZE_MAX, SIZE_MAX / 2, size_t{1} << 55}) {
    expect_status(HSPACE_ARGUMENT,
                  hspace_invert(model.get(), room.data(), n, nullptr, nullptr, nullptr, &out),
                  {"images", "more than memory can hold"});
    expect_status(HSPACE_ARGUMENT, hspace_draw(model.get(), timesteps, n, nullptr, &out),
                  {"seeds"});
    expect_status(HSPACE_ARGUMENT, hspace_model_timesteps(model.get(), timesteps, n), {});
  }
}

TEST_F(CApiErrors, DirectionsThatNoFileHolds) {
  const std::vector<float> delta(2 * kH, 1.f);
  hspace_direction* out = nullptr;
  const auto create = [&](const char* name, std::vector<int64_t> timesteps) {
    return hspace_direction_create(model.get(), name, HSPACE_AFTER, delta.data(), timesteps.data(),
                                   timesteps.size(), &out);
  };
  expect_status(HSPACE_ARGUMENT, create("two\nlines", {900, 100}), {"name", "one line"});
  expect_status(HSPACE_ARGUMENT, create("", {900, 100}), {"name"});
  expect_status(HSPACE_ARGUMENT, create("\xff", {900, 100}), {"name", "UTF-8"});
  expect_status(HSPACE_ARGUMENT, create("own", {100, -4}), {"-4"});
  expect_status(HSPACE_ARGUMENT, create("own", {1000000, 4}), {"1000000"});
  const auto up = direction("up");
  const hspace_direction* const one = up.get();
  const double factor = NAN;
  expect_status(HSPACE_ARGUMENT, hspace_direction_combine(&one, &factor, 1, "sum", &out),
                {"direction up", "NaN"});
  expect_status(HSPACE_ARGUMENT, hspace_direction_rename(one, "a\nb", &out), {"name"});
  EXPECT_EQ(out, nullptr);
}

TEST_F(CApiErrors, ImagesThatAreNotFinite) {
  std::vector<float> images(kImage, NAN);
  hspace_trajectory* trajectory = nullptr;
  expect_status(
      HSPACE_ARGUMENT,
      hspace_invert(model.get(), images.data(), 1, nullptr, nullptr, nullptr, &trajectory),
      {"images: expected finite numbers"});
  hspace_triplets* triplets = nullptr;
  const int64_t timestep = 500, before = -5;
  expect_status(HSPACE_ARGUMENT,
                hspace_svd(model.get(), images.data(), &timestep, 1, HSPACE_AFTER, nullptr, nullptr,
                           nullptr, &triplets),
                {"x: expected finite numbers"});
  const std::vector<float> zeros_of_image(kImage);
  expect_status(HSPACE_ARGUMENT,
                hspace_svd(model.get(), zeros_of_image.data(), &before, 1, HSPACE_AFTER, nullptr,
                           nullptr, nullptr, &triplets),
                {"-5"});
  const auto drawn = sampled({1});
  const hspace_injection adds_nan = [](const hspace_step* step, float* delta, void*) -> int32_t {
    std::fill(delta, delta + step->count, NAN);
    return HSPACE_INJECT;
  };
  expect_status(HSPACE_ARGUMENT,
                hspace_trajectory_decode(model.get(), drawn.get(), nullptr, 1, adds_nan, nullptr,
                                         nullptr, nullptr, nullptr, images.data(), kImage),
                {"delta_h of the injection: expected finite numbers"});
}

TEST_F(CApiErrors, MoreThreadsThanAnyMachineHas) {
  auto params = defaults(hspace_runtime_params_init);
  params.threads = 100000;
  expect_status(HSPACE_ARGUMENT, hspace_runtime_configure(&params), {"threads", "100000"});
}

TEST_F(CApiErrors, Options) {
  const int64_t seed = 1;
  hspace_trajectory* out = nullptr;
  const auto refused = [&](const std::function<void(hspace_sample_params&)>& change,
                           const std::vector<std::string>& parts) {
    auto params = defaults(hspace_sample_params_init);
    change(params);
    expect_status(HSPACE_ARGUMENT, hspace_draw(model.get(), &seed, 1, &params, &out), parts);
    EXPECT_EQ(out, nullptr);
  };
  refused([](auto& params) { params.steps = 0; }, {"steps"});
  refused([](auto& params) { params.steps = 1001; }, {"steps", "1001"});
  refused([](auto& params) { params.eta = 1.5; }, {"1.5"});
  refused([](auto& params) { params.noise = 2; }, {"noise", "HSPACE_NOISE_STEPS", "2"});
  refused([](auto& params) { params.eta = std::numeric_limits<double>::quiet_NaN(); }, {});
  refused([](auto& params) { params.eta_schedule = "later"; }, {"later"});
  refused([](auto& params) { params.point = 3; }, {"point", "3"});
  refused([](auto& params) { params.record_h = 2; }, {"record_h", "2"});
  refused([](auto& params) { params.batch = 0; }, {"batch"});
  refused([](auto& params) { params.struct_size = 12; }, {"struct_size", "12"});
  hspace_model* opened = nullptr;
  auto params = defaults(hspace_model_params_init);
  params.device = "tpu";
  expect_status(HSPACE_ARGUMENT, hspace_model_open(directory.c_str(), &params, &opened),
                {"device", "tpu"});
  params = defaults(hspace_model_params_init);
  params.type = 9;
  expect_status(HSPACE_ARGUMENT, hspace_model_open(directory.c_str(), &params, &opened),
                {"type", "9"});
}

TEST_F(CApiErrors, NumbersThatAreNotFinite) {
  std::vector<float> x(kImage, 0);
  x[7] = std::numeric_limits<float>::infinity();
  const int64_t timestep = 500;
  hspace_bottleneck* bottleneck = nullptr;
  expect_status(
      HSPACE_ARGUMENT,
      hspace_encode(model.get(), x.data(), &timestep, 1, HSPACE_AFTER, nullptr, &bottleneck),
      {"x: expected finite numbers", "nfinity"});
  const int64_t beyond = 1000;
  expect_status(
      HSPACE_ARGUMENT,
      hspace_encode(model.get(), zeros(kImage), &beyond, 1, HSPACE_AFTER, nullptr, &bottleneck),
      {"1000"});
  std::vector<float> delta(kH, 0);
  delta[3] = std::numeric_limits<float>::quiet_NaN();
  hspace_direction* out = nullptr;
  expect_status(
      HSPACE_ARGUMENT,
      hspace_direction_create(model.get(), "nan", HSPACE_AFTER, delta.data(), &timestep, 1, &out),
      {"direction nan", "NaN"});
  const int64_t rising[] = {100, 200};
  expect_status(
      HSPACE_ARGUMENT,
      hspace_direction_create(model.get(), "up", HSPACE_AFTER, zeros(2 * kH), rising, 2, &out),
      {"100"});
  const int64_t shape[3] = {3, 16, 16};
  expect_status(HSPACE_ARGUMENT, hspace_image_write_png(path("a.png").c_str(), x.data(), shape),
                {"a.png", "nfinity"});
  EXPECT_FALSE(std::filesystem::exists(path("a.png")));
}

TEST_F(CApiErrors, Files) {
  hspace_model* opened = nullptr;
  expect_status(HSPACE_FILE, hspace_model_open(path("none").c_str(), nullptr, &opened), {"none"});
  hspace_trajectory* trajectory = nullptr;
  expect_status(HSPACE_FILE, hspace_trajectory_open(model.get(), junk().c_str(), &trajectory),
                {"junk.safetensors"});
  hspace_direction* out = nullptr;
  expect_status(HSPACE_FILE, hspace_direction_open(model.get(), (junk() + ":0").c_str(), &out),
                {"junk.safetensors"});
  size_t count = 9;
  expect_status(HSPACE_FILE, hspace_directions_open(model.get(), junk().c_str(), &out, 1, &count),
                {"junk.safetensors"});
  EXPECT_EQ(count, 0u);
  hspace_classifier* classifier = nullptr;
  expect_status(HSPACE_FILE, hspace_classifier_open(path("none").c_str(), nullptr, &classifier),
                {"none"});
  const std::string beyond = path("no/such/folder.safetensors");
  expect_status(HSPACE_FILE, hspace_trajectory_save(sampled({1}).get(), beyond.c_str()),
                {"folder.safetensors"});
  const int64_t shape[3] = {1, 1, 1};
  expect_status(HSPACE_FILE, hspace_image_write_png(path("no/such/a.png").c_str(), zeros(1), shape),
                {"a.png"});
  expect_status(HSPACE_ARGUMENT, hspace_direction_open(model.get(), "sideways", &out),
                {"sideways", "down, up"});
  expect_status(HSPACE_ARGUMENT, hspace_direction_open(model.get(), "up=2", &out), {"strength"});
  // A file of the model's directions that is none.
  std::ofstream(directory + "/directions/broken.safetensors") << "junk";
  EXPECT_EQ(hspace_model_direction_count(model.get()), 0u);
  EXPECT_NE(std::string(hspace_last_error()).find("broken.safetensors"), std::string::npos);
  std::filesystem::remove(directory + "/directions/broken.safetensors");
  EXPECT_EQ(hspace_model_direction_count(model.get()), 2u);
  EXPECT_EQ(hspace_model_direction_name(model.get(), 2), nullptr);
}

// The same network under another noise schedule, and another network.
TEST_F(CApiErrors, Mismatches) {
  const auto trajectory = sampled({1});
  const std::string file = path("trajectory.safetensors");
  expect_ok(hspace_trajectory_save(trajectory.get(), file.c_str()));
  const auto up = direction("up");
  const std::string scheduled = path("scheduled");
  std::filesystem::copy(directory, scheduled, std::filesystem::copy_options::recursive);
  write_file("scheduled/scheduler/scheduler_config.json",
             R"({"_class_name": "DDIMScheduler", "num_train_timesteps": 1000, "beta_end": 0.01})");
  const auto other = made<OwnedModel>(
      [&](auto out) { return hspace_model_open(scheduled.c_str(), nullptr, out); });
  hspace_trajectory* opened = nullptr;
  expect_status(HSPACE_MISMATCH, hspace_trajectory_open(other.get(), file.c_str(), &opened),
                {"noise schedule"});
  const hspace_edit_term term = {up.get(), 1, 0, 1};
  const hspace_edit_column column = {&term, 1};
  std::vector<float> room(kImage);
  const auto edit = [&](const OwnedModel& with, const OwnedTrajectory& of) {
    return hspace_edit(with.get(), of.get(), &column, 1, nullptr, nullptr, nullptr, room.data(),
                       kImage);
  };
  expect_status(HSPACE_MISMATCH, edit(other, trajectory), {"noise schedule"});
  expect_status(HSPACE_MISMATCH,
                hspace_trajectory_states(other.get(), trajectory.get(), 0, 1, room.data(), kImage),
                {"noise schedule"});

  const std::string network = pipeline_path("ddim-pipeline");
  const auto another =
      made<OwnedModel>([&](auto out) { return hspace_model_open(network.c_str(), nullptr, out); });
  int64_t shape[3];
  expect_ok(hspace_model_image_shape(another.get(), shape));
  room.resize(static_cast<size_t>(shape[0] * shape[1] * shape[2]));
  const int64_t seed = 1;
  const auto drawn = made<OwnedTrajectory>(
      [&](auto out) { return hspace_draw(another.get(), &seed, 1, nullptr, out); });
  expect_status(HSPACE_MISMATCH,
                hspace_edit(another.get(), drawn.get(), &column, 1, nullptr, nullptr, nullptr,
                            room.data(), room.size()),
                {"direction up"});
  expect_status(
      HSPACE_MISMATCH,
      hspace_trajectory_decode(another.get(), trajectory.get(), nullptr, 1, nullptr, nullptr,
                               nullptr, nullptr, nullptr, room.data(), room.size()),
      {"trajectory"});
}

TEST_F(CApiErrors, Cancelling) {
  int64_t calls = 0;
  const hspace_progress second = [](int64_t done, int64_t total, void* user) {
    EXPECT_GT(done, 0);
    EXPECT_GE(total, done);
    return ++*static_cast<int64_t*>(user) < 2;
  };
  const int64_t seeds[] = {1, 2, 3};
  hspace_trajectory* out = nullptr;
  expect_status(HSPACE_CANCELLED,
                hspace_sample(model.get(), seeds, 3, nullptr, second, &calls, &out), {"cancelled"});
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(out, nullptr);
  calls = 0;
  expect_status(HSPACE_CANCELLED,
                hspace_invert(model.get(), zeros(kImage), 1, nullptr, second, &calls, &out), {});
  EXPECT_EQ(calls, 2);
  calls = 0;
  const auto trajectory = sampled({1, 2});
  const hspace_edit_column column = {nullptr, 0};
  std::vector<float> room(2 * kImage);
  expect_status(HSPACE_CANCELLED,
                hspace_edit(model.get(), trajectory.get(), &column, 1, nullptr, second, &calls,
                            room.data(), room.size()),
                {});
  EXPECT_EQ(calls, 2);
  calls = 0;
  const int64_t timesteps[] = {900, 500, 100};
  hspace_triplets* triplets = nullptr;
  const at::Tensor x = at::randn({3, 3, 16, 16});
  auto params = defaults(hspace_svd_params_init);
  params.tolerance = 1e-6;
  const hspace_progress never = [](int64_t, int64_t, void*) { return false; };
  expect_status(HSPACE_CANCELLED,
                hspace_svd(model.get(), x.const_data_ptr<float>(), timesteps, 3, HSPACE_AFTER,
                           &params, never, nullptr, &triplets),
                {});
  EXPECT_EQ(triplets, nullptr);
}

}  // namespace
}  // namespace hspace::test
