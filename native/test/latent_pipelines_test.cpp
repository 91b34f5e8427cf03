// Whole pipelines of latents and texts against diffusers' own, from the same latents, prompts and
// steps.

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "hspace/direction_set.h"
#include "hspace/edit.h"
#include "hspace/error.h"
#include "hspace/inversion.h"
#include "hspace/jacobian.h"
#include "hspace/sampler.h"
#include "test/file_fixture.h"
#include "test/golden_case.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

constexpr int64_t kSteps = 4;
constexpr double kGuidance = 3.5;

at::Tensor golden(const std::string& kind, const std::string& name) {
  return golden_tensor(kind + "-pipeline/golden.safetensors", name);
}

Prompt prompt(const Model& model, const std::string& kind, const std::string& which) {
  Prompt made;
  made.text = which;
  const char* const names[] = {"tokenizer_", "tokenizer_2_"};
  for (size_t i = 0; i < model.text_encoders().size(); ++i) {
    const at::Tensor ids = golden(kind, names[i] + which);
    made.tokens.emplace_back(ids.const_data_ptr<int64_t>(),
                             ids.const_data_ptr<int64_t>() + ids.numel());
  }
  return made;
}

SamplingOptions noiseless(Conditioning conditioning) {
  SamplingOptions options;
  options.steps = kSteps;
  options.eta = EtaSchedule::constant(0);
  options.conditioning = std::move(conditioning);
  return options;
}

// The golden start as a trajectory.
Trajectory started(const Model& model, const std::string& kind, const SamplingOptions& options) {
  return {golden(kind, "start"),
          {},
          {},
          {},
          model.schedule().lattice(options.steps),
          Sampler(model).provenance({0, 1}, options)};
}

at::Tensor decoded(const Model& model, const Trajectory& from) {
  return Sampler(model).decode(from, {0, 1}, nullptr, from.provenance().h_space, 2);
}

struct Case {
  const char* kind;
  const char* name;
};

class LatentPipelineTest : public testing::TestWithParam<Case> {};

TEST_P(LatentPipelineTest, MakesThePicturesOfDiffusers) {
  const auto [kind, name] = GetParam();
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    SCOPED_TRACE(dtype);
    const Model model = tiny_model(dtype, std::string(kind) + "-pipeline");
    const double bound = dtype == at::kDouble ? 1e-6 : 1e-3;  // diffusers keeps ᾱ in float32
    Conditioning asked;
    if (!model.text_encoders().empty()) asked.prompt = prompt(model, kind, "prompt");
    const bool plain = std::string(name) == "plain";
    if (!plain) asked.guidance = kGuidance;
    if (std::string(name) == "guided") asked.negative = prompt(model, kind, "negative");
    // Without a negative prompt Stable Diffusion takes the empty text, and SDXL zeros.
    if (std::string(name) == "no_negative" && !model.parts().zeros_for_empty_prompt)
      asked.negative = prompt(model, kind, "empty");
    const at::Tensor latents = decoded(model, started(model, kind, noiseless(asked)));
    EXPECT_LT(relative_difference(latents, golden(kind, std::string(name) + "_latent")), bound);
    // Without latents' own errors: a codebook's look-up may tip over.
    const at::Tensor exact = golden(kind, std::string(name) + "_latent");
    const at::Tensor pictures = model.pictures(exact).div(2).add(.5).clamp(0, 1);
    EXPECT_LT((pictures - golden(kind, std::string(name) + "_pt")).abs().max().item<double>(),
              dtype == at::kDouble ? 1e-8 : 1e-3);
    EXPECT_EQ(pictures.sizes().slice(1), at::IntArrayRef(model.picture_shape()));
  }
}

INSTANTIATE_TEST_SUITE_P(Pipelines, LatentPipelineTest,
                         testing::Values(Case{"sd", "guided"}, Case{"sd", "no_negative"},
                                         Case{"sd", "plain"}, Case{"sd2", "guided"},
                                         Case{"sdxl", "guided"}, Case{"sdxl", "no_negative"},
                                         Case{"sdxl", "plain"}, Case{"ldm", "plain"}),
                         [](const auto& info) {
                           return std::string(info.param.kind) + "_" + info.param.name;
                         });

class GuidedTrajectoryTest : public FileFixture {
 protected:
  GuidedTrajectoryTest() : model(tiny_model(at::kDouble, "sd-pipeline")) {
    guided.prompt = prompt(model, "sd", "prompt");
    guided.negative = prompt(model, "sd", "negative");
    guided.guidance = kGuidance;
  }

  Trajectory sampled(double eta = 1) const {
    SamplingOptions options;
    options.steps = kSteps;
    options.eta = EtaSchedule::constant(eta);
    options.conditioning = guided;
    return Sampler(model).sample({3, 4}, options);
  }

  Direction direction(const Trajectory& of) const {
    at::manual_seed(5);
    const at::Tensor delta = at::randn({1, kSteps, 8, 4, 4}, at::kDouble).mul(.3);
    return DirectionSet({"own"}, delta, of.lattice().timesteps,
                        of.provenance().of_directions("pca", "{}"))
        .get(0);
  }

  Model model;
  Conditioning guided;
};

TEST_F(GuidedTrajectoryTest, FilesKeepWhatTheyWereMadeOf) {
  const Trajectory made = sampled();
  made.save(path("t.safetensors"));
  const Trajectory read = Trajectory::open(path("t.safetensors"), model);
  const Conditioning& found = read.provenance().conditioning;
  ASSERT_TRUE(found.prompt && found.negative);
  EXPECT_EQ(found.prompt->tokens, guided.prompt->tokens);
  EXPECT_EQ(found.negative->text, guided.negative->text);
  EXPECT_EQ(found.guidance, kGuidance);
  EXPECT_EQ(read.provenance().text_hash, model.text_hash());
  EXPECT_LT(relative_difference(decoded(model, read), made.x_0()), 1e-12);
}

TEST_F(GuidedTrajectoryTest, AnotherTextEncoderIsAMismatch) {
  sampled().save(path("t.safetensors"));
  std::filesystem::copy(pipeline_path("sd-pipeline"), path("other"),
                        std::filesystem::copy_options::recursive);
  std::string bytes = read_file("other/text_encoder/model.safetensors");
  bytes.back() ^= 1;
  write_file("other/text_encoder/model.safetensors", bytes);
  ModelOptions options;
  options.dtype = at::kDouble;
  const Model other = Model::open(path("other"), options);
  EXPECT_EQ(other.hash(), model.hash());
  expect_error([&] { Trajectory::open(path("t.safetensors"), other); },
               {"t.safetensors", "text encoders of hash"});
}

TEST_F(GuidedTrajectoryTest, NoisyInversionComesBack) {
  const at::Tensor x_0 = sampled().x_0();
  InversionOptions options;
  options.steps = kSteps;
  options.eta = EtaSchedule::constant(1);
  options.conditioning = guided;
  const Inversion found = invert(model, x_0, {{"a", ""}, {"b", ""}}, options);
  EXPECT_LT(relative_difference(found.trajectory.x_0(), x_0), 1e-5);
  EXPECT_EQ(found.trajectory.provenance().conditioning.guidance, kGuidance);
}

TEST_F(GuidedTrajectoryTest, EditsGoIntoTheChosenPass) {
  const Trajectory from = sampled();
  const Edit edit = {{direction(from), 1}};
  std::vector<at::Tensor> found;
  for (const auto into : {InjectInto::kBoth, InjectInto::kPrompt, InjectInto::kNegative}) {
    EditOptions options;
    options.inject_into = into;
    found.push_back(edit_grid(model, from, {edit, Edit()}, options));
    EXPECT_TRUE(found.back()[1].sub(from.x_0()[0]).abs().max().item<double>() < 1e-10);
  }
  EXPECT_GT(relative_difference(found[1], found[0]), 1e-3);
  EXPECT_GT(relative_difference(found[2], found[0]), 1e-3);
  EXPECT_GT(relative_difference(found[2], found[1]), 1e-3);
}

TEST_F(GuidedTrajectoryTest, SingularVectorsAreThoseOfTheGuidedEpsilon) {
  const Trajectory from = sampled();
  const at::Tensor x = Sampler(model).states(from, 0, 1);
  const std::vector<int64_t> timesteps = {from.lattice().timesteps[0]};
  JacobianOptions options;
  options.svd.vectors = 2;
  options.svd.tolerance = 1e-8;
  const GuidedUNet unet = model.conditioned(guided);
  const Svd found =
      jacobian_singular_vectors(unet, x, timesteps, InjectionPoint::kAfter, options)[0];
  // All of J, column by column, by differences of the guided ε.
  const Bottleneck bottleneck =
      unet.encode(x, at::full({1}, timesteps[0], at::kLong), InjectionPoint::kAfter);
  const int64_t n = 8 * 4 * 4;
  const at::Tensor basis = at::eye(n, at::kDouble).view({n, 8, 4, 4}).mul(1e-5);
  const Bottleneck many = unet.expand(bottleneck, n);
  const at::Tensor columns =
      (unet.decode(many, basis) - unet.decode(many, -basis)).div(2e-5).flatten(1);
  const at::Tensor gram = at::matmul(columns, columns.t());  // JᵀJ (n, n)
  const at::Tensor values = std::get<0>(at::linalg_eigh(gram)).flip(0).sqrt();
  for (int64_t k = 0; k < 2; ++k) EXPECT_NEAR(found.s[k] / values[k].item<double>(), 1, 1e-6) << k;
}

TEST_F(GuidedTrajectoryTest, WhatIsMissingIsNamed) {
  const auto refused = [&](const Conditioning& asked, const std::vector<std::string>& parts) {
    expect_error([&] { Sampler(model).draw({1}, noiseless(asked)), model.conditioned(asked); },
                 parts);
  };
  refused({}, {"prompt: expected one", "sd-pipeline"});
  Conditioning asked = guided;
  asked.negative.reset();
  refused(asked, {"negative: expected a prompt", "3.5"});
  asked = guided;
  asked.guidance = -1;
  refused(asked, {"guidance: expected", "-1"});
  asked = guided;
  asked.class_label = 2;
  refused(asked, {"class: expected none"});
  asked = guided;
  asked.prompt->tokens.push_back({1});
  refused(asked, {"prompt: expected a list of tokens for each of 1 text encoders, found 2"});
  asked = guided;
  asked.prompt->tokens[0][3] = 1 << 20;
  refused(asked, {"token"});
  const Model pixels = tiny_model();
  expect_error([&] { pixels.conditioned(guided); }, {"prompt: expected none", "reads no texts"});
}

}  // namespace
}  // namespace hspace::test
