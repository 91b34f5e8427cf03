// Δh in the passes of guidance against diffusers with a hook behind its mid block, step after step.

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "hspace/sampler.h"
#include "test/golden_case.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

// Of tools/golden/make_latent_pipelines.py.
constexpr double kGuidance = 3.5;

// Adds Δh (T, c, h, w), and keeps h.
class GoldenInjection : public Injection {
 public:
  GoldenInjection(at::Tensor delta, InjectInto into) : delta_(std::move(delta)), into_(into) {}

  at::Tensor delta_h(int64_t step, int64_t, int64_t, const at::Tensor& h) override {
    seen_.push_back(h.clone());
    return delta_[step].unsqueeze(0).to(h.options());
  }
  InjectInto into() const override { return into_; }

  at::Tensor h() const { return at::stack(seen_, 1); }  // (B, T, c, h, w)

 private:
  at::Tensor delta_;
  InjectInto into_;
  std::vector<at::Tensor> seen_;  // (B, c, h, w) each
};

class GuidedInjection : public testing::TestWithParam<std::string> {
 protected:
  at::Tensor golden(const std::string& name) const {
    return golden_tensor(GetParam() + "-pipeline/golden.safetensors", name);
  }

  Prompt prompt(const Model& model, const std::string& which) const {
    Prompt made;
    for (size_t i = 0; i < model.text_encoders().size(); ++i) {
      const at::Tensor ids = golden((i == 0 ? "tokenizer_" : "tokenizer_2_") + which);
      const auto* first = ids.const_data_ptr<int64_t>();
      made.tokens.emplace_back(first, first + ids.numel());
    }
    return made;
  }

  void expect_parity(at::ScalarType dtype, double tolerance) const {
    const Model model = tiny_model(dtype, GetParam() + "-pipeline");
    const at::Tensor delta = golden("delta_h");
    SamplingOptions options;
    options.steps = delta.size(0);
    options.eta = {};
    options.conditioning.prompt = prompt(model, "prompt");
    options.conditioning.negative = prompt(model, "negative");
    options.conditioning.guidance = kGuidance;
    const Sampler sampler(model);
    const Trajectory start(golden("start").to(model.state_dtype()), {}, {}, {},
                           model.schedule().lattice(options.steps),
                           sampler.provenance({0, 1}, options));
    for (const auto into : {InjectInto::kBoth, InjectInto::kPrompt, InjectInto::kNegative}) {
      SCOPED_TRACE(inject_into_name(into));
      const at::Tensor expected =
          golden("edited_" + std::string(inject_into_name(into)) + "_latent");
      EXPECT_GT(relative_difference(expected, golden("guided_latent")), 1e-2) << "no edit at all";
      GoldenInjection injection(delta, into);
      const at::Tensor found = sampler.decode(start, {0, 1}, &injection, InjectionPoint::kAfter, 2);
      EXPECT_LE(relative_difference(found, expected), tolerance);
      if (into == InjectInto::kBoth) {
        EXPECT_LE(relative_difference(injection.h(), golden("edited_both_h")), tolerance);
      }
    }
  }
};

// diffusers keeps ᾱ in float32, whatever the model's type.
TEST_P(GuidedInjection, EqualsDiffusersInFloat64) { expect_parity(at::kDouble, 1e-6); }
TEST_P(GuidedInjection, EqualsDiffusersInFloat32) { expect_parity(at::kFloat, 1e-4); }

INSTANTIATE_TEST_SUITE_P(Pipelines, GuidedInjection, testing::Values("sd", "sd2", "sdxl"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace hspace::test
