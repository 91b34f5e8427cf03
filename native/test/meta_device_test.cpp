// Networks, steps and edits on the meta device, whose tensors have shapes and no numbers: what
// reads a number there, or brings one to the CPU, is an error, and so is on a GPU a wait for all
// work before it. A watch on LibTorch's operators finds tensors of the CPU among a device's.

#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/record_function.h>
#include <gtest/gtest.h>
#include <torch/library.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hspace/autoencoder.h"
#include "hspace/linearized.h"
#include "pipeline/edit_region.h"
#include "pipeline/grid_block.h"
#include "pipeline/local_edit.h"
#include "test/callbacks.h"
#include "test/golden_case.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

const at::Device kMeta(at::kMeta);

// An operator as the CPU has it, for the shapes of its results.
void shapes_of_the_cpu(const c10::OperatorHandle& op, c10::DispatchKeySet,
                       torch::jit::Stack* stack) {
  const c10::FunctionSchema& schema = op.schema();
  const std::vector<c10::IValue> given(stack->end() - schema.arguments().size(), stack->end());
  for (c10::IValue& value : *stack) {
    if (!value.isTensor() || !value.toTensor().is_meta()) continue;
    const at::Tensor t = value.toTensor();
    value = at::zeros(t.sizes(), t.options().device(at::kCPU));
  }
  op.callBoxed(stack);
  const size_t count = schema.returns().size();
  for (size_t i = 0; i < count; ++i) {
    c10::IValue& result = (*stack)[stack->size() - count + i];
    const at::Tensor made = result.toTensor();
    if (schema.returns()[i].alias_info() == nullptr) {
      result = made.defined() ? made.to(kMeta) : made;
    } else {  // written into one of the last arguments
      const at::Tensor out = given[given.size() - count + i].toTensor();
      result = out.resize_(made.sizes());
    }
  }
}

// LibTorch registers these for this device in Python alone.
TORCH_LIBRARY_IMPL(aten, Meta, library) {
  for (const char* name :
       {"convolution", "index_select", "where.self", "flip", "native_group_norm",
        "native_layer_norm", "var_mean.correction", "abs.out", "logical_and.out", "logical_not.out",
        "logical_or.out", "isnan", "masked_fill.Scalar", "embedding"}) {
    library.impl(name, torch::CppFunction::makeFromBoxedFunction<&shapes_of_the_cpu>());
  }
}

at::Tensor meta(const at::Tensor& t) { return t.defined() ? t.to(kMeta) : t; }

// While it lives, this thread's operators that take tensors of the CPU beside others of another
// device. Numbers (tensors without dimensions) may be of the CPU everywhere, and copies have to be.
class Watch {
 public:
  Watch() {
    found_.clear();
    handle_ = at::addThreadLocalCallback(
        at::RecordFunctionCallback(look).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
  }
  ~Watch() { at::removeCallback(handle_); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  const std::set<std::string>& found() const { return found_; }

 private:
  static std::unique_ptr<at::ObserverContext> look(const at::RecordFunction& call) {
    const std::string name = call.name();
    if (name == "aten::copy_" || name == "aten::_to_copy" || name == "aten::to") return nullptr;
    bool here = false, elsewhere = false;
    const auto see = [&](const at::Tensor& t) {
      if (!t.defined() || t.dim() == 0) return;
      (t.is_cpu() ? here : elsewhere) = true;
    };
    for (const c10::IValue& value : call.inputs()) {
      if (value.isTensor()) see(value.toTensor());
      if (value.isTensorList())
        for (const at::Tensor& t : value.toTensorVector()) see(t);
    }
    if (here && elsewhere) found_.insert(name);
    return nullptr;
  }

  static inline thread_local std::set<std::string> found_;
  at::CallbackHandle handle_;
};

const std::set<std::string> kNothing;

TEST(MetaDevice, TheWatchSeesWhatSlipsIn) {
  const at::Tensor here = at::ones({4, 4, 3, 3}), there = meta(at::ones({1, 4, 8, 8}));
  const Watch watch;
  try {
    at::conv2d(there, here);
  } catch (const c10::Error&) {  // some operators look themselves
  }
  EXPECT_EQ(watch.found().count("aten::conv2d"), 1u);
  EXPECT_ANY_THROW(there.cpu());
  EXPECT_ANY_THROW(there.sum().item<double>());
}

class MetaNetwork : public testing::TestWithParam<std::string> {
 protected:
  // On the device; labels stay where their numbers are looked at.
  static Condition condition(const GoldenCase& golden) {
    Condition all = golden.condition();
    return {meta(all.text), meta(all.pooled_text), meta(all.time_ids), all.class_labels};
  }
};

TEST_P(MetaNetwork, RunsWithoutTheCpu) {
  const GoldenCase golden(GetParam());
  const at::Tensor x = golden["x"].to(at::kFloat), t = golden["t"].reshape({-1});
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const UNet unet(golden.directory, dtype, kMeta, golden.variant);
    for (const InjectionPoint point : kPoints) {
      const at::Tensor delta = golden["delta_" + point_name(point)];
      const Condition conditioned = condition(golden);
      const Watch watch;
      const Bottleneck bottleneck = unet.encode(meta(x), meta(t), point, conditioned);
      const at::Tensor epsilon = unet.decode(bottleneck, meta(delta));
      EXPECT_EQ(epsilon.sizes(), x.sizes());
      EXPECT_TRUE(epsilon.is_meta());
      EXPECT_EQ(watch.found(), kNothing) << point_name(point);
    }
  }
}

TEST_P(MetaNetwork, IsDifferentiatedWithoutTheCpu) {
  const GoldenCase golden(GetParam());
  const at::Tensor x = golden["x"].to(at::kFloat), t = golden["t"].reshape({-1});
  const UNet unet(golden.directory, at::kFloat, kMeta, golden.variant);
  for (const InjectionPoint point : kPoints) {
    const Condition conditioned = condition(golden);
    const at::Tensor rows = at::tensor({int64_t{0}, int64_t{0}, x.size(0) - 1});  // on the CPU
    const Watch watch;
    const Bottleneck bottleneck = unet.encode(meta(x), meta(t), point, conditioned);
    const LinearizedDecoder decoder(unet, bottleneck);
    std::vector<int64_t> in = bottleneck.h.sizes().vec(), out = x.sizes().vec();
    in[0] = out[0] = 3;
    EXPECT_EQ(decoder.jvp(meta(at::ones(in)), rows).sizes(), out);
    EXPECT_EQ(decoder.vjp(meta(at::ones(out)), rows).sizes(), in);
    EXPECT_EQ(watch.found(), kNothing) << point_name(point);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, MetaNetwork, testing::ValuesIn(golden_case_names()),
                         [](const auto& info) { return info.param; });

class MetaAutoencoder : public testing::TestWithParam<const char*> {};

TEST_P(MetaAutoencoder, RunsWithoutTheCpu) {
  const Autoencoder codec(golden_path("autoencoders/") + GetParam(), at::kFloat, kMeta);
  const int64_t side = 8 * codec.config().factor();
  const at::Tensor pictures = meta(at::ones({2, codec.config().out_channels, side, side}));
  const Watch watch;
  const at::Tensor latents = codec.encode(pictures);
  EXPECT_EQ(latents.sizes(), at::IntArrayRef({2, codec.config().channels(), 8, 8}));
  EXPECT_EQ(codec.decode(latents).sizes(), pictures.sizes());
  EXPECT_EQ(watch.found(), kNothing);
}

INSTANTIATE_TEST_SUITE_P(Kinds, MetaAutoencoder,
                         testing::Values("kl", "kl_normalised", "kl_plain", "vq", "vq_options"));

// Steps of the tiny pipeline.
class MetaSteps : public testing::Test {
 protected:
  static constexpr int64_t kSteps = 4;

  static Model open() {
    ModelOptions options;
    options.device = kMeta;
    return Model::open(pipeline_path("tiny-pipeline"), options);
  }

  Denoiser denoiser(const std::optional<Clipping>& clipping = {}) const {
    return {
        model_, model_.schedule().lattice(kSteps), std::vector<double>(kSteps, 1), kPoint, clipping,
        {}};
  }

  Trajectory trajectory() const {
    SamplingOptions options;
    options.steps = kSteps;
    return Sampler(model_).draw({1, 2}, options);
  }

  static constexpr InjectionPoint kPoint = InjectionPoint::kAfter;
  const Model model_ = open();
};

TEST_F(MetaSteps, RunWithoutTheCpu) {
  Clipping range, quantile;
  range.range = 1;
  quantile.ratio = .99;
  quantile.maximum = 2;
  const Trajectory start = trajectory();
  const std::vector<std::optional<Clipping>> all = {std::nullopt, range, quantile};
  for (const std::optional<Clipping>& clipping : all) {
    const Denoiser steps = denoiser(clipping);
    for (const bool asymmetric : {false, true}) {
      InjectionOf injection(
          [](int64_t, int64_t, int64_t, const at::Tensor& h) { return at::ones_like(h); },
          asymmetric);
      at::Tensor x = steps.state(start.x_T());
      LaterCheck later;
      const Watch watch;
      for (int64_t i = 0; i < kSteps; ++i)
        x = steps.next(i, x, start.z(), &injection, 0, {}, &later);
      EXPECT_TRUE(x.is_meta());
      EXPECT_EQ(x.sizes(), start.x_T().sizes());
      EXPECT_EQ(watch.found(), kNothing);
    }
  }
}

TEST_F(MetaSteps, AreEditedWithoutTheCpu) {
  const Trajectory start = trajectory();
  const Direction d("d", at::rand({kSteps, 16, 4, 4}), start.lattice().timesteps, kPoint);
  const std::vector<Edit> columns = {{}, {{d, 1}}, {{d, 1, Window::of(.5, 1)}}};
  const std::vector<Cell> cells = {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}};
  for (const bool asymmetric : {false, true}) {
    EditOptions options;
    options.asymmetric = asymmetric;
    options.relax = .5;
    options.keep_background = true;
    const EditInjection edits(model_, {d}, columns, start.lattice().timesteps, options);
    const Denoiser steps = denoiser();
    EditWork work;
    RowSteps counter(Progress::none(), 1);
    LaterCheck later;
    const GridRun run{steps, edits, work, counter, &later};
    const Watch watch;
    const GridBlock block(run, start, 0, 2);
    std::vector<at::Tensor> unedited;
    const at::Tensor images = block.decode(cells, &unedited);
    EXPECT_EQ(images.sizes(), at::IntArrayRef({6, 3, 16, 16}));
    const at::Tensor regions =
        edit_region(images, rows_of(unedited.back(), {0, 0, 0, 1, 1, 1}), .5);
    const LocalEdits inside(run, model_, block, options, 0);
    EXPECT_EQ(inside.decode(cells, regions, unedited).sizes(), images.sizes());
    EXPECT_EQ(inside.decode(cells, regions, {}).sizes(), images.sizes());
    EXPECT_EQ(watch.found(), kNothing);
  }
}

}  // namespace
}  // namespace hspace::test
