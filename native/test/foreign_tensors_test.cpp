// What does not belong to a network or kernel is refused before any memory is touched.

#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "hspace/classifier.h"
#include "hspace/error.h"
#include "hspace/linearized.h"
#include "hspace/unet.h"
#include "kernels/attention.h"
#include "kernels/geglu.h"
#include "kernels/group_norm_silu.h"
#include "kernels/group_norm_silu_derivative.h"
#include "kernels/prepacked_conv.h"
#include "kernels/prepacked_transposed_conv.h"
#include "test/golden_case.h"
#include "test/golden_directory.h"

namespace hspace::test {
namespace {

UNet open(const GoldenCase& golden) { return {golden.directory, at::kFloat, at::kCPU}; }

// Every way from a bottleneck into the decoder, with tangents as the bottleneck suggests.
void refuses(const UNet& unet, const Bottleneck& bottleneck, const std::string& part) {
  const std::vector<std::function<void()>> ways = {
      [&] { unet.decode(bottleneck); },
      [&] { unet.reference_decode(bottleneck); },
      [&] { unet.autograd_jvp(bottleneck, bottleneck.h); },
      [&] { unet.autograd_vjp(bottleneck, at::zeros({1, 3, 32, 32})); },
      [&] { LinearizedDecoder(unet, bottleneck); },
  };
  for (size_t i = 0; i < ways.size(); ++i) {
    SCOPED_TRACE(part + " by way " + std::to_string(i));
    try {
      ways[i]();
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
}

TEST(ForeignBottleneck, OfEveryOtherModelIsRefused) {
  const GoldenCase golden("avatars");
  const UNet unet = open(golden);
  const Bottleneck own = golden.encode(unet, InjectionPoint::kAfter);
  int others = 0;
  for (const std::string& name : golden_case_names()) {
    const GoldenCase other(name);
    const UNet stranger(other.directory, at::kFloat, at::kCPU, other.variant);
    for (const InjectionPoint point : kPoints) {
      const Bottleneck bottleneck = other.encode(stranger, point).rows(0, 1);
      if (bottleneck.h.size(1) == own.h.size(1)) continue;
      ++others;
      refuses(unet, bottleneck, "bottleneck of another model");
    }
  }
  EXPECT_GE(others, 6);
}

TEST(ForeignBottleneck, EveryPartIsChecked) {
  const GoldenCase golden("avatars");
  const UNet unet = open(golden);
  const Bottleneck good = golden.encode(unet, InjectionPoint::kMiddle).rows(0, 1);
  EXPECT_NO_THROW(unet.decode(good));
  const auto spoilt = [&](const std::string& part, auto spoil) {
    Bottleneck bad = good;
    spoil(bad);
    refuses(unet, bad, part);
  };
  spoilt("h: expected", [](Bottleneck& b) { b.h = at::Tensor(); });
  spoilt("h: expected", [](Bottleneck& b) { b.h = b.h.narrow(1, 1, b.h.size(1) - 1); });
  spoilt("h: expected", [](Bottleneck& b) { b.h = b.h.to(at::kDouble); });
  spoilt("h: expected", [](Bottleneck& b) { b.h = b.h.narrow(0, 0, 0); });
  spoilt("h: expected", [](Bottleneck& b) { b.h = at::empty(b.h.sizes(), at::kMeta); });
  spoilt("residual", [](Bottleneck& b) { b.residual = at::Tensor(); });
  spoilt("residual", [](Bottleneck& b) { b.residual = b.residual.narrow(1, 0, 1); });
  spoilt("injection point", [](Bottleneck& b) { b.point = static_cast<InjectionPoint>(7); });
  spoilt("skip connections", [](Bottleneck& b) { b.skips.pop_back(); });
  spoilt("skip connections", [](Bottleneck& b) { b.skips.clear(); });
  spoilt("skip connection 2", [](Bottleneck& b) { b.skips[2] = b.skips[2].narrow(1, 0, 1); });
  spoilt("skip connection 0", [](Bottleneck& b) { b.skips[0] = b.skips[0].narrow(3, 0, 1); });
  spoilt("skip connection 1", [](Bottleneck& b) { b.skips[1] = b.skips[1].to(at::kBFloat16); });
  spoilt("time columns", [](Bottleneck& b) { b.time = b.time.narrow(1, 0, 1); });
  spoilt("time columns", [](Bottleneck& b) { b.time = at::Tensor(); });
  spoilt("timesteps", [](Bottleneck& b) { b.timestep = at::ones({3}); });
  spoilt("expected no text", [](Bottleneck& b) { b.text = at::ones({1, 2, 3}); });
  // One row of h with the skip connections of two.
  const Bottleneck both = golden.encode(unet, InjectionPoint::kAfter);
  Bottleneck mixed = both.rows(0, 1);
  mixed.skips = both.skips;
  refuses(unet, mixed, "skip connection 0");
}

TEST(ForeignBottleneck, TextIsChecked) {
  const GoldenCase golden("sd2");
  const UNet unet = open(golden);
  const Bottleneck good = golden.encode(unet, InjectionPoint::kAfter).rows(0, 1);
  EXPECT_NO_THROW(unet.decode(good));
  for (const at::Tensor& text :
       {at::Tensor(), at::ones({1, 5, 4}), at::ones({2, 5, 5}), at::ones({5, 5}),
        at::ones({1, 5, 5}, at::kDouble), at::ones({1, 0, 5})}) {
    Bottleneck bad = good;
    bad.text = text;
    refuses(unet, bad, "text: expected");
  }
}

TEST(ForeignImages, AreRefusedByTheClassifier) {
  const Classifier classifier(golden_path("classifiers/basic"), at::kCPU);
  for (const at::Tensor& images :
       {at::Tensor(), at::zeros({3, 32, 32}), at::zeros({1, 4, 32, 32}), at::zeros({0, 3, 32, 32}),
        at::zeros({1, 3, 0, 32}), at::zeros({1, 3, 32, 32}, at::kByte)}) {
    EXPECT_THROW(classifier.scores(images), Error);
    EXPECT_THROW(classifier.outputs(images), Error);
  }
}

TEST(ForeignTensors, AreRefusedByTheKernels) {
  const at::Tensor x = at::zeros({2, 8, 4, 4});
  const GroupNormParameters norm{2, 1e-5, at::ones({8}), at::ones({8})};
  const auto group_norm = [&](const std::vector<at::Tensor>& parts,
                              const GroupNormParameters& parameters, TimeModulation modulation) {
    group_norm_silu(parts, parameters, modulation, Activation::kSilu, at::kFloat);
  };
  EXPECT_NO_THROW(group_norm({x}, norm, {}));
  const std::vector<std::function<void()>> misuses = {
      [&] { group_norm({}, norm, {}); },
      [&] { group_norm({at::Tensor()}, norm, {}); },
      [&] { group_norm({x, x}, norm, {}); },
      [&] { group_norm({at::zeros({2, 4, 4, 4}), at::zeros({2, 4, 4, 2})}, norm, {}); },
      [&] { group_norm({at::zeros({2, 4, 4, 4}), at::zeros({1, 4, 4, 4})}, norm, {}); },
      [&] { group_norm({x.to(at::kDouble)}, norm, {}); },
      [&] { group_norm({x}, {3, 1e-5, norm.weight, norm.bias}, {}); },
      [&] { group_norm({x}, {2, 1e-5, norm.weight, at::ones({4})}, {}); },
      [&] { group_norm({x}, norm, {at::zeros({2, 4}), {}, {}}); },
      [&] { group_norm({x}, norm, {{}, at::zeros({3, 8}), at::zeros({3, 8})}); },
      [&] { attention(at::zeros({2, 4, 6}), at::zeros({2, 5, 6}), at::zeros({2, 5, 6}), 4); },
      [&] { attention(at::zeros({2, 4, 6}), at::zeros({3, 5, 6}), at::zeros({3, 5, 6}), 2); },
      [&] { attention(at::zeros({2, 4, 6}), at::zeros({2, 5, 6}), at::zeros({2, 4, 6}), 2); },
      [&] { attention(at::zeros({2, 4, 6}), at::zeros({2, 5, 3}), at::zeros({2, 5, 3}), 1); },
      [&] { attention(at::zeros({4, 6}), at::zeros({5, 6}), at::zeros({5, 6}), 1); },
      [&] {
        attention(at::zeros({1, 6, 4}).transpose(1, 2), at::zeros({1, 4, 6}), at::zeros({1, 4, 6}),
                  1);
      },
      [&] { geglu(at::zeros({1, 3, 2, 2})); },
      [&] { geglu(at::zeros({4, 2, 2})); },
      [&] { PrepackedConv(at::zeros({8, 4, 3, 3}), {}, 1, 1).apply(x); },
      [&] { PrepackedConv(at::zeros({8, 8, 3, 3}), {}, 1, 1).apply(x.to(at::kBFloat16)); },
      [&] { PrepackedConv(at::zeros({8, 8, 1, 1}), {}, 1, 0).plus(x, x.narrow(0, 0, 1)); },
      [&] { PrepackedConv(at::zeros({8, 8, 3, 3}), {}, 1, 1).plus(x, x.narrow(2, 0, 2)); },
      [&] { PrepackedTransposedConv(at::zeros({4, 8, 4, 4})).apply(x); },
  };
  for (size_t i = 0; i < misuses.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_THROW(misuses[i](), std::invalid_argument);
  }
}

TEST(ForeignTensors, AreRefusedByTheDerivatives) {
  const GroupNormParameters norm{2, 1e-5, at::ones({8}), at::ones({8})};
  const auto channels_last = [](at::IntArrayRef shape) {
    return at::zeros(shape).contiguous(at::MemoryFormat::ChannelsLast);
  };
  GroupNormSiluDerivative derivative;
  derivative.record(channels_last({2, 8, 4, 4}), norm, {}, Activation::kSilu, 8, {2, 0});
  const auto rows = [](std::vector<int64_t> values) {
    const at::Tensor host = at::tensor(values, at::kLong);
    return Rows{host, host};
  };
  EXPECT_NO_THROW(derivative.jvp(channels_last({1, 8, 4, 4}), rows({1})));
  const std::vector<std::function<void()>> misuses = {
      [&] { derivative.jvp(channels_last({1, 8, 4, 4}), rows({2})); },
      [&] { derivative.jvp(channels_last({1, 8, 4, 4}), rows({-1})); },
      [&] { derivative.jvp(channels_last({2, 8, 4, 4}), rows({0})); },
      [&] { derivative.jvp(channels_last({1, 4, 4, 4}), rows({0})); },
      [&] { derivative.vjp(channels_last({1, 8, 8, 4}), rows({0})); },
      [&] { derivative.vjp(at::zeros({1, 8, 4, 4}), rows({0})); },
      [&] { derivative.vjp(channels_last({1, 8, 4, 4}), rows({0}), channels_last({1, 8, 2, 2})); },
  };
  for (size_t i = 0; i < misuses.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_THROW(misuses[i](), std::invalid_argument);
  }
}

}  // namespace
}  // namespace hspace::test
