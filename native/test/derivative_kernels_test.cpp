// The kernels of the linearised decoder against LibTorch's autograd and central differences, in
// float64, and float32 against float64.
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_nearest2d.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <functional>

#include "kernels/geglu_derivative.h"
#include "kernels/group_norm_silu_derivative.h"
#include "kernels/layer_norm_derivative.h"
#include "kernels/linear_conv.h"
#include "kernels/softmax_attention_derivative.h"

namespace hspace {
namespace {

const auto kDouble = at::TensorOptions().dtype(at::kDouble);

at::Tensor channels_last(const at::Tensor& t) {
  return t.contiguous(at::MemoryFormat::ChannelsLast);
}

// max |a - b| / max |b|
double difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor wide = b.to(at::kDouble);
  return ((a.to(at::kDouble) - wide).abs().max() / wide.abs().max()).item<double>();
}

Rows make_rows(const at::Tensor& rows) { return {rows, rows}; }

using Function = std::function<at::Tensor(const at::Tensor&)>;

at::Tensor autograd_vjp(const Function& f, const at::Tensor& x, const at::Tensor& u) {
  const at::Tensor leaf = x.detach().clone().set_requires_grad(true);
  (f(leaf) * u).sum().backward();
  return leaf.grad();
}

at::Tensor central_difference(const Function& f, const at::Tensor& x, const at::Tensor& v) {
  const double step = 1e-5;
  return (f(x + step * v) - f(x - step * v)) / (2 * step);
}

struct NormCase {
  int64_t channels, tangent_channels, groups, height, width, tangents;
  bool silu, per_row;
};

class GroupNormSilu : public ::testing::TestWithParam<NormCase> {};

TEST_P(GroupNormSilu, AgreesWithAutogradAndDifferences) {
  at::manual_seed(1);
  const NormCase& c = GetParam();
  const int64_t batch = 3;
  const at::Tensor x =
      channels_last(at::randn({batch, c.channels, c.height, c.width}, kDouble) + 2);
  const at::Tensor weight = at::randn({c.channels}, kDouble);
  const at::Tensor bias = at::randn({c.channels}, kDouble);
  const at::Tensor scale = at::randn({batch, c.channels}, kDouble);
  const at::Tensor shift = at::randn({batch, c.channels}, kDouble);
  const at::Tensor rows = at::arange(c.tangents, at::kLong).mul(2).add(1).remainder(batch);

  // Recorded in two steps, as a batch that is cut in pieces.
  const auto record = [&](GroupNormSiluDerivative& d, at::ScalarType dtype) {
    std::vector<at::Tensor> results;
    for (int64_t first = 0; first < batch; first += 2) {
      const int64_t b = std::min<int64_t>(2, batch - first);
      const auto part = [&](const at::Tensor& t) { return t.narrow(0, first, b).to(dtype); };
      // The time embedding's scale and shift, row by row, or none.
      TimeModulation modulation;
      if (c.per_row) {
        modulation.scale_after = part(scale);
        modulation.shift_after = part(shift);
      }
      results.push_back(d.record(part(x), {c.groups, 1e-5, weight.to(dtype), bias.to(dtype)},
                                 modulation, c.silu ? Activation::kSilu : Activation::kNone,
                                 c.tangent_channels, {batch, first}));
    }
    return at::cat(results);
  };
  // The activation at the rows of the tangents, as a function of the channels that vary.
  const at::Tensor skip = x.narrow(1, c.tangent_channels, c.channels - c.tangent_channels);
  const auto at_rows = [&](const at::Tensor& t) { return t.index_select(0, rows); };
  const Function function = [&](const at::Tensor& varying) {
    at::Tensor y =
        at::group_norm(at::cat({varying, at_rows(skip)}, 1), c.groups, weight, bias, 1e-5);
    if (c.per_row) {
      y = y * (1 + at_rows(scale).unsqueeze(-1).unsqueeze(-1)) +
          at_rows(shift).unsqueeze(-1).unsqueeze(-1);
    }
    return c.silu ? at::silu(y) : y;
  };
  const at::Tensor varying = at_rows(x.narrow(1, 0, c.tangent_channels));

  GroupNormSiluDerivative derivative;
  const at::Tensor primal = record(derivative, at::kDouble);
  EXPECT_LT(difference(at_rows(primal), function(varying)), 1e-12);

  const int64_t active =
      GroupNormSiluDerivative::active_channels(c.channels, c.groups, c.tangent_channels);
  const at::Tensor v = channels_last(at::randn(varying.sizes(), kDouble));
  const at::Tensor u = at::randn({c.tangents, c.channels, c.height, c.width}, kDouble);
  const at::Tensor u_active = channels_last(u.narrow(1, 0, active));
  const at::Tensor jvp = derivative.jvp(v, make_rows(rows));
  const at::Tensor vjp = derivative.vjp(u_active, make_rows(rows));
  // The cotangent on all channels: what lies beyond the active ones must not matter.
  EXPECT_LT(difference(vjp, autograd_vjp(function, varying, u)), 1e-11);
  EXPECT_LT(difference(jvp, central_difference(function, varying, v).narrow(1, 0, active)), 1e-7);
  const double forward = (jvp * u_active).sum().item<double>();
  const double reverse = (v * vjp).sum().item<double>();
  EXPECT_LT(std::abs(forward - reverse), 1e-11 * (jvp.norm() * u_active.norm()).item<double>());
  const at::Tensor addend = channels_last(at::randn(v.sizes(), kDouble));
  EXPECT_LT(difference(derivative.vjp(u_active, make_rows(rows), addend), vjp + addend), 1e-14);

  GroupNormSiluDerivative single;
  record(single, at::kFloat);
  EXPECT_LT(difference(single.jvp(v.to(at::kFloat), make_rows(rows)), jvp), 1e-5);
  EXPECT_LT(difference(single.vjp(u_active.to(at::kFloat), make_rows(rows)), vjp), 1e-5);
  EXPECT_EQ(single.bytes() * 2, derivative.bytes());
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, GroupNormSilu,
    ::testing::Values(NormCase{32, 32, 4, 8, 8, 5, true, false},
                      NormCase{32, 32, 4, 8, 8, 1, false, false},
                      NormCase{96, 64, 4, 5, 7, 3, true, false},   // a group on the boundary
                      NormCase{96, 48, 4, 5, 7, 3, true, true},    // no group on the boundary
                      NormCase{12, 1, 3, 3, 1, 4, true, true},     // less than one group varies
                      NormCase{72, 40, 2, 33, 31, 1, true, true},  // several tasks a tangent
                      NormCase{160, 130, 8, 32, 24, 9, true, false},
                      NormCase{6, 6, 6, 2, 2, 2, false, false}));

struct ConvCase {
  int64_t in, out, kernel, height, width;
  bool upsampled;
};

class LinearConvolution : public ::testing::TestWithParam<ConvCase> {};

TEST_P(LinearConvolution, AgreesWithAutograd) {
  at::manual_seed(1);
  const ConvCase& c = GetParam();
  const at::Tensor weight = at::randn({c.out, c.in, c.kernel, c.kernel}, kDouble);
  const at::Tensor x = channels_last(at::randn({3, c.in, c.height, c.width}, kDouble));
  const Function function = [&](const at::Tensor& input) {
    const at::Tensor in =
        c.upsampled ? at::upsample_nearest2d(input, {2 * c.height, 2 * c.width}) : input;
    return at::conv2d(in, weight, {}, 1, c.kernel / 2);
  };
  const at::Tensor expected = function(x);
  const at::Tensor u = channels_last(at::randn(expected.sizes(), kDouble));
  const at::Tensor expected_transpose = autograd_vjp(function, x, u);
  const at::Tensor to_y = channels_last(at::randn(expected.sizes(), kDouble));
  const at::Tensor to_x = channels_last(at::randn(x.sizes(), kDouble));
  for (const at::ScalarType dtype : {at::kDouble, at::kFloat}) {
    const double tolerance = dtype == at::kDouble ? 1e-12 : 3e-6;
    const LinearConv conv =
        c.upsampled ? LinearConv::upsampled(weight.to(dtype)) : LinearConv::same(weight.to(dtype));
    const at::Tensor y = conv.apply(x.to(dtype));
    EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_LT(difference(y, expected), tolerance);
    EXPECT_LT(difference(conv.apply(x.to(dtype), to_y.to(dtype)), expected + to_y), tolerance);
    at::Tensor sum = to_y.to(dtype, /*non_blocking=*/false, /*copy=*/true);
    conv.accumulate(x.to(dtype), sum);
    EXPECT_LT(difference(sum, expected + to_y), tolerance);
    const at::Tensor g = conv.transpose(u.to(dtype));
    EXPECT_TRUE(g.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_LT(difference(g, expected_transpose), tolerance);
    EXPECT_LT(difference(conv.transpose(u.to(dtype), to_x.to(dtype)), expected_transpose + to_x),
              tolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, LinearConvolution,
    ::testing::Values(ConvCase{8, 16, 3, 6, 5, false}, ConvCase{72, 32, 3, 8, 8, false},
                      ConvCase{48, 20, 1, 4, 7, false}, ConvCase{32, 3, 3, 9, 9, false},
                      ConvCase{16, 24, 3, 4, 4, true}, ConvCase{5, 3, 3, 1, 3, true},
                      ConvCase{8, 6, 3, 1, 1, false}));

struct AttentionCase {
  int64_t heads, head_dim, queries, keys;
  bool keys_vary;
  int64_t key_rows;  // 1 for all, or 2
};

class SoftmaxAttention : public ::testing::TestWithParam<AttentionCase> {};

TEST_P(SoftmaxAttention, AgreesWithAutogradAndDifferences) {
  at::manual_seed(1);
  const AttentionCase& c = GetParam();
  const int64_t batch = 2, tangents = 5, inner = c.heads * c.head_dim;
  const double scale = 0.7;
  const at::Tensor q = at::randn({batch, c.queries, inner}, kDouble);
  const at::Tensor k = at::randn({c.key_rows, c.keys, inner}, kDouble);
  const at::Tensor v = at::randn({c.key_rows, c.keys, inner}, kDouble);
  const at::Tensor rows = at::arange(tangents, at::kLong).remainder(batch);
  const auto split = [&](const at::Tensor& t) {
    return t.reshape({t.size(0), t.size(1), c.heads, c.head_dim}).transpose(1, 2);
  };
  const auto attend = [&](const at::Tensor& queries, const at::Tensor& keys,
                          const at::Tensor& values) {
    const at::Tensor p =
        at::softmax(at::matmul(split(queries), split(keys).transpose(-2, -1)) * scale, -1);
    return at::matmul(p, split(values))
        .transpose(1, 2)
        .reshape({queries.size(0), c.queries, inner});
  };
  SoftmaxAttentionDerivative derivative;
  std::vector<at::Tensor> recorded;
  for (int64_t row = 0; row < batch; ++row) {
    const int64_t key_row = c.key_rows == 1 ? 0 : row;
    recorded.push_back(derivative.record(q.narrow(0, row, 1), k.narrow(0, key_row, 1),
                                         v.narrow(0, key_row, 1), c.heads, scale, c.keys_vary,
                                         {batch, row}));
  }
  EXPECT_LT(difference(at::cat(recorded), attend(q, k, v)), 1e-12);

  const at::Tensor key_rows = c.key_rows == 1 ? at::zeros_like(rows) : rows;
  const at::Tensor keys = k.index_select(0, key_rows), values = v.index_select(0, key_rows);
  const at::Tensor queries = q.index_select(0, rows);
  const at::Tensor input = c.keys_vary ? at::cat({queries, keys, values}, 2) : queries;
  const Function function = [&](const at::Tensor& varying) {
    if (!c.keys_vary) return attend(varying, keys, values);
    return attend(varying.narrow(2, 0, inner), varying.narrow(2, inner, inner),
                  varying.narrow(2, 2 * inner, inner));
  };
  const at::Tensor tangent = at::randn(input.sizes(), kDouble);
  const at::Tensor u = at::randn({tangents, c.queries, inner}, kDouble);
  const at::Tensor jvp = derivative.jvp(tangent, make_rows(rows));
  const at::Tensor vjp = derivative.vjp(u, make_rows(rows));
  EXPECT_LT(difference(vjp, autograd_vjp(function, input, u)), 1e-11);
  EXPECT_LT(difference(jvp, central_difference(function, input, tangent)), 1e-7);
  EXPECT_LT(std::abs((jvp * u).sum().item<double>() - (tangent * vjp).sum().item<double>()),
            1e-12 * (jvp.norm() * u.norm()).item<double>());
}

// The last two have more probabilities than are kept.
INSTANTIATE_TEST_SUITE_P(Shapes, SoftmaxAttention,
                         ::testing::Values(AttentionCase{1, 16, 9, 9, true, 2},
                                           AttentionCase{4, 8, 9, 9, true, 2},
                                           AttentionCase{2, 3, 12, 5, false, 2},
                                           AttentionCase{2, 3, 5, 12, false, 1},
                                           AttentionCase{1, 4, 1500, 1500, true, 2},
                                           AttentionCase{2, 3, 800, 1501, false, 1}));

TEST(SoftmaxAttentionMemory, GrowsWithTheTokensWhereThereAreMany) {
  const auto bytes = [](int64_t tokens) {
    SoftmaxAttentionDerivative derivative;
    const at::Tensor t = at::zeros({1, tokens, 8}, kDouble);
    derivative.record(t, t, t, 2, 1, true, {1, 0});
    return derivative.bytes();
  };
  EXPECT_GT(bytes(64), 2 * 64 * 64 * 8);
  EXPECT_EQ(bytes(2048), 3 * 2048 * 8 * 8);
}

TEST(LayerNorm, AgreesWithAutogradAndDifferences) {
  at::manual_seed(1);
  const at::Tensor x = at::randn({3, 7, 12}, kDouble) + 2;
  const at::Tensor weight = at::randn({12}, kDouble), bias = at::randn({12}, kDouble);
  const at::Tensor rows = at::tensor({2, 0, 1, 1, 2}, at::kLong);
  const Function function = [&](const at::Tensor& input) {
    return at::layer_norm(input, {12}, weight, bias, 1e-5);
  };
  LayerNormDerivative derivative;
  const auto record = [&](int64_t first, int64_t count) {
    return derivative.record(x.narrow(0, first, count), weight, bias, 1e-5, {3, first});
  };
  EXPECT_LT(difference(at::cat({record(0, 2), record(2, 1)}), function(x)), 1e-12);
  const at::Tensor input = x.index_select(0, rows);
  const at::Tensor v = at::randn(input.sizes(), kDouble), u = at::randn(input.sizes(), kDouble);
  const at::Tensor jvp = derivative.jvp(v, make_rows(rows));
  const at::Tensor vjp = derivative.vjp(u, make_rows(rows));
  EXPECT_LT(difference(vjp, autograd_vjp(function, input, u)), 1e-11);
  EXPECT_LT(difference(jvp, central_difference(function, input, v)), 1e-7);
  // One recorded row serves every tangent.
  LayerNormDerivative single;
  single.record(x.narrow(0, 1, 1), weight, bias, 1e-5, {1, 0});
  const at::Tensor zeros = at::zeros({2}, at::kLong);
  EXPECT_LT(difference(single.vjp(u.narrow(0, 2, 2), make_rows(zeros)), vjp.narrow(0, 2, 2)),
            1e-14);
}

TEST(Geglu, AgreesWithAutogradAndDifferences) {
  at::manual_seed(1);
  const at::Tensor x = 2 * at::randn({3, 5, 14}, kDouble);
  const at::Tensor rows = at::tensor({2, 0, 1, 1}, at::kLong);
  const Function function = [&](const at::Tensor& input) {
    return input.narrow(2, 0, 7) * at::gelu(input.narrow(2, 7, 7));
  };
  GegluDerivative derivative;
  const auto record = [&](int64_t first, int64_t count) {
    return derivative.record(x.narrow(0, first, count), {3, first});
  };
  EXPECT_LT(difference(at::cat({record(0, 1), record(1, 2)}), function(x)), 1e-13);
  const at::Tensor input = x.index_select(0, rows);
  const at::Tensor v = at::randn(input.sizes(), kDouble), u = at::randn({4, 5, 7}, kDouble);
  EXPECT_LT(difference(derivative.vjp(u, make_rows(rows)), autograd_vjp(function, input, u)),
            1e-12);
  EXPECT_LT(difference(derivative.jvp(v, make_rows(rows)), central_difference(function, input, v)),
            1e-7);
}

}  // namespace
}  // namespace hspace
