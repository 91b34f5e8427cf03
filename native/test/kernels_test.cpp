// Our own kernels against plain ATen in float64.

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/erfc.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_nearest2d.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "kernels/attention.h"
#include "kernels/geglu.h"
#include "kernels/group_norm_silu.h"
#include "kernels/prepacked_conv.h"
#include "kernels/prepacked_transposed_conv.h"
#include "test/golden_case.h"

namespace hspace::test {
namespace {

class Noise {
 public:
  at::Tensor operator()(at::IntArrayRef shape, at::ScalarType dtype = at::kFloat) {
    return at::randn(shape, generator_, at::TensorOptions(at::kDouble)).to(dtype);
  }

 private:
  at::Generator generator_ = at::detail::createCPUGenerator(7);
};

at::Tensor wide(const at::Tensor& x) { return x.to(at::kDouble); }
at::Tensor channels_last(const at::Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}
double tolerance(at::ScalarType dtype) { return dtype == at::kFloat ? 2e-6 : 2e-2; }

TEST(PrepackedConv, EqualsConv2d) {
  Noise noise;
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    if (!PrepackedConv::supports(dtype)) continue;
    for (const int64_t kernel : {1, 3}) {
      const at::Tensor weight = noise({24, 12, kernel, kernel}, dtype), bias = noise({24}, dtype);
      const PrepackedConv conv(weight, bias, 1, kernel / 2);
      // One object for many sizes: one pixel, one column, other batches, and back again.
      for (const std::array<int64_t, 3> size : {std::array<int64_t, 3>{1, 1, 1},
                                                {3, 1, 1},
                                                {1, 8, 8},
                                                {4, 8, 8},
                                                {2, 5, 1},
                                                {1, 16, 4},
                                                {1, 4, 4},
                                                {1, 1, 1}}) {
        const at::Tensor x = noise({size[0], 12, size[1], size[2]}, dtype);
        const at::Tensor other = noise({size[0], 24, size[1], size[2]}, dtype);
        const at::Tensor expected = at::conv2d(wide(x), wide(weight), wide(bias), 1, kernel / 2);
        EXPECT_LE(relative_difference(conv.apply(x), expected), tolerance(dtype));
        EXPECT_LE(relative_difference(conv.plus(channels_last(x), other), expected + wide(other)),
                  tolerance(dtype));
        at::Tensor sum = channels_last(other).clone();
        conv.accumulate(x, sum);
        EXPECT_LE(relative_difference(sum, expected + wide(other)), tolerance(dtype));
      }
    }
  }
}

TEST(PrepackedConv, StridesAndPads) {
  Noise noise;
  const at::Tensor weight = noise({16, 8, 3, 3});
  for (const int64_t padding : {0, 1}) {
    const at::Tensor x = noise({2, 8, 9, 9});
    const at::Tensor expected = at::conv2d(wide(x), wide(weight), {}, 2, padding);
    EXPECT_LE(relative_difference(PrepackedConv(weight, {}, 2, padding).apply(x), expected), 2e-6);
  }
}

TEST(PrepackedTransposedConv, EqualsUpsamplingAndConv2d) {
  Noise noise;
  const at::Tensor weight = noise({12, 8, 3, 3}), bias = noise({12});
  const PrepackedTransposedConv conv(folded_upsampling_weight(weight), bias);
  for (const int64_t size : {1, 2, 7}) {
    const at::Tensor x = noise({2, 8, size, size + 1});
    const at::Tensor doubled = at::upsample_nearest2d(wide(x), {2 * size, 2 * size + 2});
    const at::Tensor expected = at::conv2d(doubled, wide(weight), wide(bias), 1, 1);
    EXPECT_LE(relative_difference(conv.apply(channels_last(x)), expected), 2e-6);
  }
}

struct NormCase {
  std::vector<int64_t> parts;  // channels of each
  int64_t groups, height, width;
};

class GroupNormSilu : public testing::TestWithParam<NormCase> {};

// Groups that straddle the boundary of the parts, fewer channels than a vector, more than a block,
// one pixel, and all that surrounds the normalisation.
TEST_P(GroupNormSilu, EqualsGroupNorm) {
  Noise noise;
  const NormCase& c = GetParam();
  int64_t channels = 0;
  for (const int64_t part : c.parts) channels += part;
  const GroupNormParameters norm{c.groups, 1e-5, noise({channels}), noise({channels})};
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    for (const int64_t rows : {1, 3}) {
      std::vector<at::Tensor> parts, wide_parts;
      for (const int64_t part : c.parts) {
        parts.push_back(channels_last(noise({3, part, c.height, c.width}, dtype)));
        wide_parts.push_back(wide(parts.back()));
      }
      TimeModulation modulation{noise({rows, channels}), noise({rows, channels}),
                                noise({rows, channels})};
      const auto spread = [](const at::Tensor& t) { return wide(t).unsqueeze(-1).unsqueeze(-1); };
      at::Tensor expected = at::group_norm(at::cat(wide_parts, 1) + spread(modulation.shift_before),
                                           c.groups, wide(norm.weight), wide(norm.bias), norm.eps);
      expected = expected * (1 + spread(modulation.scale_after)) + spread(modulation.shift_after);
      const double limit = dtype == at::kFloat ? 3e-6 : 1e-2;
      for (const at::ScalarType out : {at::kFloat, at::kBFloat16}) {
        const double out_limit = out == at::kFloat ? 3e-6 : limit + 1e-2;
        EXPECT_LE(
            relative_difference(group_norm_silu(parts, norm, modulation, Activation::kSilu, out),
                                at::silu(expected)),
            out_limit);
        EXPECT_LE(relative_difference(
                      group_norm_silu(parts, norm, modulation, Activation::kNone, out), expected),
                  out_limit);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, GroupNormSilu,
                         testing::Values(NormCase{{32}, 4, 16, 16}, NormCase{{6}, 2, 8, 8},
                                         NormCase{{96, 64}, 4, 8, 8}, NormCase{{5, 7}, 3, 6, 10},
                                         NormCase{{160}, 4, 1, 1}, NormCase{{40, 33, 17}, 2, 5, 3},
                                         NormCase{{64}, 8, 48, 40}));

// A large mean must not drown the variance, as sums of squares would let it.
TEST(GroupNormSiluAccuracy, SurvivesALargeMean) {
  Noise noise;
  const at::Tensor x = channels_last(noise({1, 16, 32, 32}) + 1000);
  const GroupNormParameters norm{4, 1e-5, noise({16}), noise({16})};
  const at::Tensor expected =
      at::group_norm(wide(x), 4, wide(norm.weight), wide(norm.bias), norm.eps);
  EXPECT_LE(
      relative_difference(group_norm_silu({x}, norm, {}, Activation::kNone, at::kFloat), expected),
      2e-4);  // the rounding of x * factor + offset at |x| = 1000
}

TEST(GroupNormSiluDeterminism, DoesNotDependOnBatchOrThreads) {
  Noise noise;
  const GroupNormParameters norm{4, 1e-5, noise({64}), noise({64})};
  const at::Tensor x = channels_last(noise({4, 64, 32, 32}));
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  const at::Tensor together = group_norm_silu({x}, norm, {}, Activation::kSilu, at::kFloat);
  at::set_num_threads(1);
  const at::Tensor alone =
      group_norm_silu({x.narrow(0, 2, 1)}, norm, {}, Activation::kSilu, at::kFloat);
  at::set_num_threads(threads);
  EXPECT_TRUE(together.narrow(0, 2, 1).equal(alone));
}

// softmax(q kᵀ / √d) v, written out.
at::Tensor written_out(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                       int64_t heads) {
  const auto split = [&](const at::Tensor& t) {
    return wide(t).view({t.size(0), t.size(1), heads, -1}).transpose(1, 2);
  };
  const at::Tensor scores =
      at::matmul(split(q), split(k).transpose(2, 3)) / std::sqrt(double(q.size(2)) / heads);
  return at::matmul(at::softmax(scores, -1), split(v)).transpose(1, 2).reshape(q.sizes());
}

double attention_tolerance(at::ScalarType dtype) { return dtype == at::kFloat ? 3e-6 : 1e-2; }

TEST(Attention, OfPositionsToThemselvesEqualsWrittenOut) {
  Noise noise;
  for (const std::array<int64_t, 3> shape :  // positions, heads, width
       {std::array<int64_t, 3>{1, 1, 4},
        {4, 2, 3},
        {16, 5, 32},
        {49, 1, 20},
        {64, 4, 8},
        {256, 3, 32},
        {100, 1, 70},
        {1100, 1, 300}}) {  // several blocks of keys
    const auto [positions, heads, width] = shape;
    const int64_t inner = heads * width;
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
      const at::Tensor qkv = noise({2, positions, 3 * inner}, dtype);
      const auto part = [&](int64_t i) { return qkv.narrow(2, i * inner, inner); };
      EXPECT_LE(relative_difference(attention(part(0), part(1), part(2), heads),
                                    written_out(part(0).contiguous(), part(1).contiguous(),
                                                part(2).contiguous(), heads)),
                attention_tolerance(dtype));
    }
  }
}

TEST(Attention, ToOtherTokensEqualsWrittenOut) {
  Noise noise;
  for (const std::array<int64_t, 4> shape :  // queries, tokens, heads, width
       {std::array<int64_t, 4>{1, 1, 1, 4}, {70, 77, 2, 40}, {9, 1, 3, 8}, {16, 33, 1, 160}}) {
    const auto [queries, tokens, heads, width] = shape;
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
      const at::Tensor q = noise({3, queries, heads * width}, dtype);
      for (const int64_t rows : {1, 3}) {
        const at::Tensor k = noise({rows, tokens, heads * width}, dtype);
        const at::Tensor v = noise({rows, tokens, heads * width}, dtype);
        EXPECT_LE(relative_difference(attention(q, k, v, heads), written_out(q, k, v, heads)),
                  attention_tolerance(dtype));
      }
    }
  }
}

// Scores that fall and rise by hundreds from one block of keys to the next.
TEST(Attention, SurvivesLargeScores) {
  Noise noise;
  const at::Tensor q = noise({1, 24, 300}), v = noise({1, 1500, 300});
  at::Tensor k = noise({1, 1500, 300});
  k.narrow(1, 500, 300).mul_(40);
  k.narrow(1, 1200, 200).mul_(20);
  EXPECT_LE(relative_difference(attention(q, k, v, 1), written_out(q, k, v, 1)), 1e-4);
}

TEST(Attention, DoesNotDependOnBatchOrThreads) {
  Noise noise;
  const at::Tensor q = noise({3, 150, 64}), k = noise({3, 300, 64}), v = noise({3, 300, 64});
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  const at::Tensor together = attention(q, k, v, 2);
  at::set_num_threads(1);
  const at::Tensor alone = attention(q.narrow(0, 1, 1), k.narrow(0, 1, 1), v.narrow(0, 1, 1), 2);
  at::set_num_threads(threads);
  EXPECT_TRUE(together.narrow(0, 1, 1).equal(alone));
}

TEST(Geglu, EqualsWrittenOut) {
  Noise noise;
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    for (const int64_t channels : {1, 7, 48}) {
      const at::Tensor both = channels_last((5 * noise({2, 2 * channels, 3, 5})).to(dtype));
      const at::Tensor expected =
          wide(both).narrow(1, 0, channels) * at::gelu(wide(both).narrow(1, channels, channels));
      EXPECT_LE(relative_difference(geglu(both), expected), dtype == at::kFloat ? 3e-7 : 5e-3);
    }
  }
}

// Also where a difference from one would cancel: relative to each value itself.
TEST(Geglu, IsExactInTheTails) {
  const at::Tensor gate = at::linspace(-12, 12, 4801, at::TensorOptions(at::kFloat));
  const at::Tensor both = at::stack({at::ones_like(gate), gate}).view({1, 2, 1, -1});
  const at::Tensor found = geglu(channels_last(both)).view({-1});
  const at::Tensor x = wide(gate);
  const at::Tensor expected = x * at::erfc(-x / std::sqrt(2.0)) / 2;
  EXPECT_LE(((wide(found) - expected).abs() / (expected.abs() + 1e-30)).max().item<double>(), 1e-5);
}

}  // namespace
}  // namespace hspace::test
