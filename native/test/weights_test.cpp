#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>

#include "files/weight_map.h"
#include "hspace/safetensors.h"
#include "test/file_fixture.h"

namespace hspace {
namespace {

using test::expect_error;
using Tensors = std::map<std::string, at::Tensor>;

constexpr const char* kFile = "diffusion_pytorch_model.safetensors";
constexpr const char* kIndex = "diffusion_pytorch_model.safetensors.index.json";
constexpr const char* kShard1 = "diffusion_pytorch_model-00001-of-00002.safetensors";
constexpr const char* kShard2 = "diffusion_pytorch_model-00002-of-00002.safetensors";

class WeightsTest : public test::FileFixture {
 protected:
  void save(const std::string& name, const Tensors& tensors) const {
    SafetensorsWriter writer(path(name));
    for (const auto& [key, tensor] : tensors)
      writer.declare(key, tensor.scalar_type(), tensor.sizes().vec());
    for (const auto& [key, tensor] : tensors) writer.write(key, tensor);
    writer.finish();
  }

  WeightMap open(const std::string& variant = "") const {
    return WeightMap(directory_.string(), variant);
  }

  void expect_refused(const std::vector<std::string>& parts,
                      const std::string& variant = "") const {
    expect_error([&] { open(variant); }, parts);
  }
};

TEST_F(WeightsTest, HandsOutWhatFits) {
  const at::Tensor w = at::arange(24, at::kFloat).reshape({2, 3, 2, 2});
  save(kFile, {{"conv.weight", w}, {"conv.bias", at::ones({2}, at::kHalf)}});
  WeightMap weights = open();
  EXPECT_TRUE(at::equal(weights.take("conv.weight", {2, 3, 2, 2}), w));
  EXPECT_EQ(weights.take("conv.bias", {2}).scalar_type(), at::kHalf);
  EXPECT_FALSE(weights.take_optional("skip.weight", {1}).defined());
  weights.finish();
}

TEST_F(WeightsTest, LinearAndPointwiseConvolutionStandForEachOther) {
  const at::Tensor matrix = at::arange(6, at::kFloat).reshape({2, 3});
  save(kFile, {{"linear", matrix},
               {"conv", matrix.reshape({2, 3, 1, 1})},
               {"kernel", at::ones({2, 3, 3, 3})},
               {"bias", at::ones({2, 1, 1})}});
  WeightMap weights = open();
  EXPECT_TRUE(at::equal(weights.take("linear", {2, 3, 1, 1}).reshape({2, 3}), matrix));
  EXPECT_TRUE(at::equal(weights.take("conv", {2, 3}), matrix));
  weights.take("kernel", {2, 3});
  weights.take("bias", {2});
  expect_error([&] { weights.finish(); }, {"kernel: expected (2, 3), found (2, 3, 3, 3)",
                                           "bias: expected (2), found (2, 1, 1)"});
}

TEST_F(WeightsTest, EitherGenerationOfNames) {
  save(kFile, {{"attn.query.weight", at::ones({2, 2})}, {"attn.to_k.weight", at::ones({2, 2})}});
  WeightMap weights = open();
  weights.take_any({"attn.to_q.weight", "attn.query.weight"}, {2, 2});
  weights.take_any({"attn.to_k.weight", "attn.key.weight"}, {2, 2});
  weights.finish();
  weights.take_any({"attn.to_v.weight", "attn.value.weight"}, {2, 2});
  expect_error([&] { weights.finish(); }, {"missing (1)", "attn.to_v.weight: expected (2, 2)"});
}

TEST_F(WeightsTest, ListsEveryProblemAtOnce) {
  save(kFile, {{"good", at::ones({2})},
               {"transposed", at::ones({2, 3})},
               {"steps", at::ones({4}, at::kLong)},
               {"flags", at::ones({4}, at::kBool)},
               {"extra.b", at::ones({1, 5})},
               {"extra.a", at::ones({7})}});
  WeightMap weights = open();
  weights.take("good", {2});
  for (const char* key : {"absent.1", "absent.0"}) {
    const at::Tensor stand_in = weights.take(key, {3, 4});
    EXPECT_EQ(stand_in.sizes(), (std::vector<int64_t>{3, 4}));
  }
  EXPECT_EQ(weights.take("transposed", {3, 2}).sizes(), (std::vector<int64_t>{3, 2}));
  weights.take("steps", {4});
  weights.take("flags", {4});
  const std::string expected =
      "hspace: " + directory_.string() +
      ": the weights do not fit config.json:"
      "\n  missing (2):\n    absent.0: expected (3, 4)\n    absent.1: expected (3, 4)"
      "\n  unexpected (2):\n    extra.a: found (7)\n    extra.b: found (1, 5)"
      "\n  of another shape (1):\n    transposed: expected (3, 2), found (2, 3)"
      "\n  not floating-point (2):\n    flags: found BOOL\n    steps: found I64";
  try {
    weights.finish();
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.what(), expected);
  }
}

// A model of another architecture misses hundreds.
TEST_F(WeightsTest, ListsTheFirstOfMany) {
  save(kFile, {{"good", at::ones({2})}});
  WeightMap weights = open();
  weights.take("good", {2});
  for (int i = 0; i < 300; ++i) weights.take("layer." + std::to_string(100 + i), {3});
  try {
    weights.finish();
    FAIL() << "no error";
  } catch (const Error& e) {
    const std::string text = e.what();
    EXPECT_NE(text.find("missing (300):\n    layer.100: expected (3)\n"), std::string::npos)
        << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 7) << text;
  }
}

// Counters, and types that this library does not read, are no sign of another network.
TEST_F(WeightsTest, TensorsThatNoLayerCouldHoldAreListed) {
  write_file(kFile,
             test::safetensors_bytes(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                                     R"("q":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[4,6]},)"
                                     R"("n":{"dtype":"U16","shape":[],"data_offsets":[6,8]},)"
                                     R"("step":{"dtype":"I64","shape":[],"data_offsets":[8,16]}})",
                                     std::string(16, '\0')));
  WeightMap weights = open();
  weights.take("w", {1});
  const std::vector<std::string> remarks = weights.finish();
  ASSERT_EQ(remarks.size(), 1u);
  for (const char* part : {kFile, "\"q\" (F8_E4M3)", "\"n\" (U16)", "\"step\" (I64)"})
    EXPECT_NE(remarks[0].find(part), std::string::npos) << remarks[0];
  weights.take("q", {2});
  expect_error([&] { weights.finish(); }, {"not floating-point", "q: found F8_E4M3"});
}

TEST_F(WeightsTest, FingerprintIsOfWhatWasTaken) {
  const at::Tensor w = at::arange(6, at::kFloat).reshape({2, 3});
  const auto fingerprint = [&] {
    WeightMap weights = open();
    weights.take_any({"new", "old"}, {2, 3, 1, 1});
    weights.take_optional("optional", {1});
    EXPECT_EQ(weights.parameters(), 6);
    return weights.fingerprint();
  };
  save(kFile, {{"new", w}});
  const std::string expected = fingerprint();
  EXPECT_EQ(expected.rfind("new (2, 3, 1, 1) F32 ", 0), 0u) << expected;
  save(kFile, {{"old", w}, {"unused", at::ones({1})}});
  EXPECT_EQ(fingerprint(), expected);
  save(kFile, {{"old", w.reshape({2, 3, 1, 1})}});
  EXPECT_EQ(fingerprint(), expected);
  save(kFile, {{"new", w.to(at::kDouble)}});
  EXPECT_NE(fingerprint(), expected);
  save(kFile, {{"new", w.add(1)}});
  EXPECT_NE(fingerprint(), expected);
}

TEST_F(WeightsTest, Variants) {
  save("diffusion_pytorch_model.fp16.safetensors", {{"w", at::ones({1}, at::kHalf)}});
  EXPECT_EQ(open("fp16").take("w", {1}).scalar_type(), at::kHalf);
  expect_refused(
      {directory_.string(), "expected diffusion_pytorch_model.safetensors", "found", "\"fp16\""});
  save(kFile, {{"w", at::ones({1})}});
  EXPECT_EQ(open().take("w", {1}).scalar_type(), at::kFloat);
  expect_refused({"diffusion_pytorch_model.ema.safetensors", "\"ema\"", "the default", "\"fp16\""},
                 "ema");
}

TEST_F(WeightsTest, Shards) {
  save(kShard1, {{"a", at::ones({1})}, {"b", at::ones({2})}});
  save(kShard2, {{"c", at::ones({3})}});
  write_file(kIndex, std::string(R"({"metadata":{"total_size":24},"weight_map":{"a":")") + kShard1 +
                         R"(","b":")" + kShard1 + R"(","c":")" + kShard2 + "\"}}");
  WeightMap weights = open();
  weights.take("a", {1});
  weights.take("b", {2});
  weights.take("c", {3});
  weights.finish();

  std::filesystem::remove(path(kShard2));
  expect_refused({kIndex, std::string("missing shard: ") + kShard2});
  save(kShard2, {{"d", at::ones({3})}});
  expect_refused({kIndex, std::string("key not in its shard: c: ") + kShard2});
  save(kShard2, {{"b", at::ones({2})}, {"c", at::ones({3})}});
  expect_refused({kIndex, std::string("key in two shards: b: ") + kShard1 + " and " + kShard2});
}

TEST_F(WeightsTest, ShardsOfAVariant) {
  const std::string shard = "diffusion_pytorch_model.fp16-00001-of-00001.safetensors";
  save(shard, {{"a", at::ones({1}, at::kHalf)}});
  write_file("diffusion_pytorch_model.safetensors.index.fp16.json",
             R"({"weight_map":{"a":")" + shard + R"("}})");
  WeightMap weights = open("fp16");
  EXPECT_EQ(weights.take("a", {1}).scalar_type(), at::kHalf);
  weights.finish();
  expect_refused({"expected diffusion_pytorch_model.safetensors", "\"fp16\""});
}

TEST_F(WeightsTest, BadIndex) {
  write_file(kIndex, "{}");
  expect_refused({kIndex, "weight_map"});
  write_file(kIndex, R"({"weight_map":{}})");
  expect_refused({kIndex, "at least one"});
  write_file(kIndex, R"({"weight_map":{"a":3}})");
  expect_refused({kIndex, "\"a\"", "3"});
  write_file(kIndex, R"({"weight_map":{"a":"../other.safetensors"}})");
  expect_refused({kIndex, "\"a\"", "../other.safetensors"});
  write_file(kIndex, "not json");
  expect_refused({kIndex, "not valid JSON"});
}

TEST_F(WeightsTest, NoWeights) {
  expect_refused({directory_.string(), "found no weights"});
  write_file("diffusion_pytorch_model.bin", "pickle");
  expect_refused(
      {directory_.string(), "only .bin", "tools/convert_weights " + directory_.string()});
  expect_error([&] { WeightMap weights(path("absent"), ""); }, {path("absent"), "not a directory"});
  write_file(kFile, "short");
  expect_refused({path(kFile), "not a valid safetensors file"});
}

}  // namespace
}  // namespace hspace
