// Prompts, guidance and latents through the C API: the same numbers as through C++.

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "hspace/jacobian.h"
#include "hspace/sampler.h"
#include "test/capi_fixture.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

// The tiny Stable Diffusion pipeline: latents 4 x 8 x 8, pictures 3 x 16 x 16, h (8, 4, 4).
class CApiCondition : public FileFixture {
 protected:
  static constexpr size_t kLatent = 4 * 8 * 8;
  static constexpr size_t kPicture = 3 * 16 * 16;
  static constexpr size_t kH = 8 * 4 * 4;

  CApiCondition()
      : prompt_ids(ids("tokenizer_prompt")),
        negative_ids(ids("tokenizer_negative")),
        prompt{"a prompt", &prompt_list, &count, 1},
        negative{nullptr, &negative_list, &count, 1},
        cpp(tiny_model(at::kFloat, "sd-pipeline")) {
    prompt_list = prompt_ids.data();
    negative_list = negative_ids.data();
    count = prompt_ids.size();
    hspace_condition_init(&condition, sizeof condition);
    condition.prompt = &prompt;
    condition.negative = &negative;
    condition.guidance = 3.5;
    asked.prompt = Prompt{"a prompt", {prompt_ids}};
    asked.negative = Prompt{"", {negative_ids}};
    asked.guidance = 3.5;
    const std::string directory = pipeline_path("sd-pipeline");
    model = made<OwnedModel>(
        [&](auto out) { return hspace_model_open(directory.c_str(), nullptr, out); });
  }

  static std::vector<int64_t> ids(const char* name) {
    const at::Tensor all = golden_tensor("sd-pipeline/golden.safetensors", name);
    return {all.const_data_ptr<int64_t>(), all.const_data_ptr<int64_t>() + all.numel()};
  }

  static void expect_same(const std::vector<float>& found, const at::Tensor& expected) {
    const at::Tensor flat = expected.flatten().contiguous();
    ASSERT_EQ(static_cast<int64_t>(found.size()), flat.numel());
    for (size_t i = 0; i < found.size(); ++i)
      ASSERT_EQ(found[i], flat.const_data_ptr<float>()[i]) << i;
  }

  std::vector<int64_t> prompt_ids, negative_ids;
  const int64_t* prompt_list = nullptr;
  const int64_t* negative_list = nullptr;
  size_t count = 0;
  hspace_prompt prompt, negative;
  hspace_condition condition;
  Conditioning asked;
  Model cpp;
  OwnedModel model;
};

TEST_F(CApiCondition, SamplesAndPictures) {
  hspace_sample_params params;
  hspace_sample_params_init(&params, sizeof params);
  params.steps = 3;
  params.condition = &condition;
  const int64_t seeds[] = {1, 2};
  const auto found = made<OwnedTrajectory>([&](auto out) {
    return hspace_sample(model.get(), seeds, 2, &params, nullptr, nullptr, out);
  });
  SamplingOptions options;
  options.steps = 3;
  options.conditioning = asked;
  const Trajectory expected = Sampler(cpp).sample({1, 2}, options);
  std::vector<float> latents(2 * kLatent);
  expect_ok(
      hspace_trajectory_read(found.get(), HSPACE_PART_IMAGES, latents.data(), latents.size()));
  expect_same(latents, expected.x_0());
  std::vector<float> h(2 * 3 * kH);
  expect_ok(hspace_trajectory_read(found.get(), HSPACE_PART_H, h.data(), h.size()));
  expect_same(h, expected.h());

  int64_t chw[3];
  expect_ok(hspace_model_picture_shape(model.get(), chw));
  EXPECT_EQ(chw[0] * chw[1] * chw[2], static_cast<int64_t>(kPicture));
  std::vector<float> pictures(2 * kPicture);
  expect_ok(hspace_pictures(model.get(), latents.data(), 2, 0, pictures.data(), pictures.size()));
  expect_same(pictures, cpp.pictures(expected.x_0()));
  std::vector<float> back(2 * kLatent);
  expect_ok(hspace_latents(model.get(), pictures.data(), 2, 0, back.data(), back.size()));
  expect_same(back, cpp.samples(cpp.pictures(expected.x_0())));
}

TEST_F(CApiCondition, OneStepAndItsDerivativeAreGuided) {
  const at::Tensor x = Sampler(cpp)
                           .draw({5},
                                 [&] {
                                   SamplingOptions options;
                                   options.conditioning = asked;
                                   return options;
                                 }())
                           .x_T();
  const int64_t timestep = 400;
  const auto bottleneck = made<OwnedBottleneck>([&](auto out) {
    return hspace_encode(model.get(), x.const_data_ptr<float>(), &timestep, 1, HSPACE_AFTER,
                         &condition, out);
  });
  EXPECT_EQ(hspace_bottleneck_rows(bottleneck.get()), 1u);
  const GuidedUNet unet = cpp.conditioned(asked);
  const Bottleneck expected =
      unet.encode(x, at::tensor({timestep}, at::kLong), InjectionPoint::kAfter);
  std::vector<float> h(kH);
  expect_ok(hspace_bottleneck_h(bottleneck.get(), h.data(), kH));
  expect_same(h, unet.h(expected));
  at::manual_seed(2);
  const at::Tensor delta = at::randn({3, 8, 4, 4});
  std::vector<float> epsilon(3 * kLatent);
  expect_ok(hspace_decode(bottleneck.get(), delta.const_data_ptr<float>(), 3, epsilon.data(),
                          epsilon.size()));
  expect_same(epsilon, unet.decode(unet.expand(expected, 3), delta));
  const auto linearized = made<OwnedLinearized>(
      [&](auto out) { return hspace_linearize(bottleneck.get(), nullptr, out); });
  expect_ok(hspace_jvp(linearized.get(), delta.const_data_ptr<float>(), nullptr, 3, epsilon.data(),
                       epsilon.size()));
  expect_same(epsilon, GuidedLinearized(unet, expected).jvp(delta, at::zeros({3}, at::kLong)));
}

TEST_F(CApiCondition, WhatDoesNotFitIsSaid) {
  hspace_sample_params params;
  hspace_sample_params_init(&params, sizeof params);
  params.steps = 3;
  const int64_t seed = 1;
  hspace_trajectory* out = nullptr;
  const auto refused = [&](const std::vector<std::string>& parts) {
    expect_status(HSPACE_ARGUMENT,
                  hspace_sample(model.get(), &seed, 1, &params, nullptr, nullptr, &out), parts);
    EXPECT_EQ(out, nullptr);
  };
  refused({"prompt: expected one"});
  params.condition = &condition;
  condition.guidance = std::nan("");
  refused({"guidance"});
  condition.guidance = 3.5;
  condition.class_label = 3;
  refused({"class: expected none"});
  condition.class_label = -1;
  prompt.encoders = 2000;
  refused({"prompt", "encoders", "2000"});
  prompt.encoders = 1;
  prompt.tokens = nullptr;
  refused({"prompt", "NULL"});
  prompt.tokens = &prompt_list;
  prompt_list = nullptr;
  refused({"prompt", "NULL"});
  std::vector<float> room(kPicture, NAN);
  expect_status(HSPACE_ARGUMENT,
                hspace_latents(model.get(), room.data(), 1, 0, room.data(), kLatent),
                {"pictures", "finite"});
  std::fill(room.begin(), room.end(), 0.f);
  expect_status(HSPACE_ARGUMENT,
                hspace_pictures(model.get(), room.data(), 1, 0, room.data(), kPicture - 1),
                {"room for 768 floats"});
  expect_status(HSPACE_ARGUMENT,
                hspace_pictures(model.get(), room.data(), 1, 3, room.data(), kPicture), {"tile"});
}

}  // namespace
}  // namespace hspace::test
