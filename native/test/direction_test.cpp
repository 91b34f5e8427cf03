#include "hspace/direction.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>

#include "hspace/direction_set.h"
#include "test/file_fixture.h"
#include "test/malformed_safetensors.h"
#include "test/tiny_pipeline.h"

namespace hspace {
namespace {

using test::expect_error;
using test::tiny_model;

Direction numbers(const std::string& name, const std::vector<double>& values,
                  const std::vector<int64_t>& timesteps,
                  InjectionPoint point = InjectionPoint::kAfter) {
  return Direction(name, at::tensor(values, at::kDouble).view({-1, 1, 1, 1}), timesteps, point);
}

TEST(DirectionTest, InterpolatesLinearlyInTime) {
  const Direction direction = numbers("d", {10, 20, 40}, {900, 500, 100});
  const at::Tensor found = direction.on_lattice({999, 900, 700, 500, 200, 100, 0}).flatten();
  EXPECT_TRUE(at::allclose(found, at::tensor({10.0, 10.0, 15.0, 20.0, 35.0, 40.0, 40.0}), 1e-14));
}

TEST(DirectionTest, WhatDoesNotFitIsNamed) {
  expect_error([] { numbers("d", {1, 2}, {100, 200}); }, {"direction d", "descending", "200"});
  expect_error([] { numbers("d", {1, 2}, {100}); },
               {"direction d", "(1, c, h, w)", "(2, 1, 1, 1)"});
  expect_error([] { numbers("d", {1, NAN}, {100, 50}); },
               {"direction d", "finite", "NaN among 1 of 2"});
  expect_error([] { Direction("d", {}, {}, InjectionPoint::kAfter); }, {"direction d", "nothing"});
}

// The sha256 of 1.0 and -2.0 as big-endian doubles, as Python's hashlib gives it.
TEST(DirectionTest, TheHashIsOfTheValuesAlone) {
  const std::string expected = "5834662b095f600a4c76e8ad5abb3acb011451c6f09f431c659f325e53505fc4";
  const Direction wide = numbers("a", {1, -2}, {2, 1});
  const Direction narrow("b", wide.delta().to(at::kFloat), {9, 3}, InjectionPoint::kBefore);
  EXPECT_EQ(wide.hash(), narrow.hash());
  EXPECT_EQ(wide.hash(), expected);
  EXPECT_NE(wide.hash(), numbers("a", {1, 2}, {2, 1}).hash());
}

TEST(DirectionTest, ArithmeticIsThatOfVectors) {
  const Direction a = numbers("a", {3, 0}, {200, 100}), b = numbers("b", {4, 8}, {300, 100});
  EXPECT_EQ(add(a, b).name(), "a+b");
  EXPECT_TRUE(at::equal(add(a, b).delta().flatten(), at::tensor({9.0, 8.0})));
  EXPECT_TRUE(at::equal(subtract(a, b).delta().flatten(), at::tensor({-3.0, -8.0})));
  EXPECT_TRUE(
      at::equal(combine({a, b}, {2, -0.5}, "c").delta().flatten(), at::tensor({3.0, -4.0})));
  EXPECT_EQ(combine({a, b}, {2, -0.5}, "c").name(), "c");
  EXPECT_EQ(add(a, b).timesteps(), a.timesteps());
  EXPECT_DOUBLE_EQ(norm(numbers("n", {3, -4}, {2, 1})), 5);
  EXPECT_DOUBLE_EQ(norm(normalize(b)), 1);
  EXPECT_DOUBLE_EQ(cosine(a, scale(a, -7)), -1);
  EXPECT_DOUBLE_EQ(cosine(numbers("x", {1, 0}, {2, 1}), numbers("y", {0, 5}, {2, 1})), 0);
  EXPECT_TRUE(at::equal(window(b, Window::of(0.5, 1)).delta().flatten(), at::tensor({0.0, 8.0})));
}

TEST(DirectionTest, ImpossibleArithmeticIsNamed) {
  const Direction a = numbers("a", {1}, {1});
  expect_error([&] { add(a, numbers("b", {1}, {1}, InjectionPoint::kBefore)); },
               {"direction b", "after", "before"});
  const Direction wide("b", at::ones({1, 2, 1, 1}, at::kDouble), {1}, InjectionPoint::kAfter);
  expect_error([&] { add(a, wide); }, {"direction b", "(1, 1, 1, 1)", "(1, 2, 1, 1)"});
  expect_error([] { normalize(numbers("z", {0}, {1})); }, {"direction z", "zero"});
  expect_error([&] { combine({}, {}, "c"); }, {"at least one"});
  const Direction single("s", at::full({1, 1, 1, 1}, 3e30, at::kFloat), {1},
                         InjectionPoint::kAfter);
  expect_error([&] { scale(single, 1e10); }, {"direction s", "1.0E10", "3.40e+38"});
  expect_error([&] { scale(single, NAN); }, {"direction s"});
  expect_error([&] { scale(single, 1e-90); }, {"direction s"});
}

class DirectionSetTest : public test::FileFixture {
 protected:
  // Two directions for the tiny model at t = 800, 300: all entries 1 and 2, and 3 and 4.
  DirectionSet two(const Model& model) const {
    const at::Tensor values = at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).view({2, 2, 1, 1, 1});
    return DirectionSet({"first", "second"}, values.expand({2, 2, 16, 4, 4}).contiguous(),
                        {800, 300}, provenance(model), {{"share", at::tensor({0.5, 0.25})}});
  }

  static Provenance provenance(const Model& model) {
    Provenance made;
    made.model_hash = model.hash();
    made.scheduler_hash = model.scheduler().hash();
    made.eta = {1, 1};
    return made.of_directions("pca", R"({"samples":7,"scope":"timestep"})");
  }

  const std::string file_ = path("d.safetensors");
};

TEST_F(DirectionSetTest, ReadsWhatItWrote) {
  const Model model = tiny_model();
  const DirectionSet written = two(model);
  written.save(file_);
  const DirectionSet read = DirectionSet::open(file_, model);
  EXPECT_EQ(read.names(), written.names());
  EXPECT_TRUE(at::equal(read.directions(), written.directions()));
  EXPECT_EQ(read.timesteps(), written.timesteps());
  EXPECT_TRUE(at::equal(read.figures().at("share"), written.figures().at("share")));
  EXPECT_EQ(read.provenance().json(), written.provenance().json());
  EXPECT_EQ(read.provenance().details, R"({"kind":"pca","samples":7,"scope":"timestep"})");
  const Direction second = read.get("second");
  EXPECT_EQ(second.h_space(), InjectionPoint::kAfter);
  EXPECT_EQ(second.delta()[0].max().item<float>(), 3);
  const SafetensorsFile plain(file_);
  EXPECT_EQ(plain.metadata("format"), "hspace-directions");
  EXPECT_EQ(plain.metadata("version"), "1");
  EXPECT_EQ(plain.metadata("names"), R"(["first","second"])");
}

TEST_F(DirectionSetTest, HalfPrecisionFilesReadAsSingle) {
  const Model model = tiny_model();
  two(model).save(file_, at::kHalf);
  const DirectionSet read = DirectionSet::open(file_, model);
  EXPECT_EQ(read.directions().scalar_type(), at::kHalf);
  EXPECT_EQ(read.get(0).delta().scalar_type(), at::kFloat);
  EXPECT_EQ(read.get(0).delta()[1].min().item<float>(), 2);
  const DirectionSet large({"x"}, at::full({1, 1, 16, 4, 4}, 1e6, at::kFloat), {800},
                           provenance(model));
  expect_error([&] { large.save(file_, at::kHalf); }, {"float16", "6.55e+04"});
  expect_error([&] { large.save(file_, at::kLong); }, {"type", "float16, float32 or float64"});
}

TEST_F(DirectionSetTest, MissingDirectionsAreNamed) {
  const Model model = tiny_model();
  const DirectionSet set = two(model);
  set.save(file_);
  const auto resolve = [&](const std::string& text) { DirectionSpec::parse(text).resolve(model); };
  expect_error([&] { set.get(2); }, {"0 to 1", "found 2"});
  expect_error([&] { set.get("third"); }, {"first, second"});
  expect_error([&] { resolve(file_ + ":9"); }, {file_, "0 to 1"});
  expect_error([&] { resolve(file_); }, {"first, second"});
  expect_error([&] { resolve("smile=2"); }, {"smile", "holds no directions"});
  expect_error([&] { resolve(path("none.safetensors") + ":0"); }, {"none.safetensors"});
}

TEST_F(DirectionSetTest, SpecsResolveByNumberAndByName) {
  const Model model = tiny_model();
  two(model).save(file_);
  const Direction by_number = DirectionSpec::parse(file_ + ":1=-2.5").resolve(model);
  const Direction by_name = DirectionSpec::parse(file_ + ":second").resolve(model);
  EXPECT_EQ(by_number.name(), "second");
  EXPECT_TRUE(at::equal(by_number.delta(), by_name.delta()));
  EXPECT_EQ(DirectionSpec::parse(file_ + ":1").provenance(model).json(),
            two(model).provenance().json());
}

TEST_F(DirectionSetTest, BareNamesComeFromTheModelsFolder) {
  const Model model = Model::open(test::copy_pipeline(path("model")));
  EXPECT_TRUE(direction_names(model).empty());
  std::filesystem::create_directory(path("model/directions"));
  two(model).save(path("model/directions/attributes.safetensors"));
  EXPECT_EQ(DirectionSpec::parse("second=1").resolve(model).name(), "second");
  EXPECT_EQ(direction_names(model), (std::vector<std::string>{"first", "second"}));
  EXPECT_TRUE(at::equal(find_direction(model, "second").delta(), two(model).get(1).delta()));
  EXPECT_EQ(find_direction(model, path("model/directions/attributes.safetensors") + ":0").name(),
            "first");
  expect_error([&] { find_direction(model, "third"); }, {"direction third", "first, second"});
  expect_error([&] { find_direction(model, "two\nlines"); }, {R"(two\nlines)", "first, second"});
  expect_error([&] { find_direction(model, "second=2"); }, {"second=2", "no strength"});
}

TEST_F(DirectionSetTest, TheTextOfSpecs) {
  const DirectionSpec spec = DirectionSpec::parse("a/b.safetensors:3=-1.5");
  EXPECT_EQ(spec.file, "a/b.safetensors");
  EXPECT_EQ(spec.which, "3");
  EXPECT_EQ(spec.strength, -1.5);
  EXPECT_FALSE(DirectionSpec::parse("smile").strength.has_value());
  EXPECT_FALSE(DirectionSpec::parse("smile").file.has_value());
  EXPECT_EQ(DirectionSpec::parse("smile=2").which, "smile");
  EXPECT_EQ(DirectionSpec::parse("a=b.safetensors").file, "a=b.safetensors");
  EXPECT_EQ(DirectionSpec::parse("a=b.safetensors:c").file, "a=b.safetensors");
  for (const char* text : {"", "=2", "a:1=x", "a:1=", "smile=NaN", "smile=1e999"}) {
    expect_error([&] { DirectionSpec::parse(text); }, {"direction", "expected"});
  }
  expect_error([] { DirectionSpec::parse("smile=2").refuse_strength(); },
               {"smile=2", "no strength"});
}

TEST_F(DirectionSetTest, SetsMergeOnTheTimestepsOfTheFirst) {
  const Model model = tiny_model();
  const DirectionSet set = two(model);
  const DirectionSet other({"x"}, at::full({1, 1, 16, 4, 4}, 7.0F), {500}, provenance(model));
  const DirectionSet merged = DirectionSet::merge({set, other}, {"a", "b", "c"});
  EXPECT_EQ(merged.names(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(merged.timesteps(), set.timesteps());
  EXPECT_TRUE(at::equal(merged.get("c").delta(), at::full({2, 16, 4, 4}, 7.0F)));
  EXPECT_NE(merged.provenance().details->find(R"("parts":[{"kind":"pca")"), std::string::npos);
  expect_error([&] { DirectionSet::merge({set, other}, {"a", "b", "a"}); }, {"two are called a"});
  EXPECT_EQ(set.first(1).names(), (std::vector<std::string>{"first"}));
  EXPECT_EQ(set.first(1).provenance().json(), set.provenance().json());
}

TEST_F(DirectionSetTest, SuggestedStrengthsGoWithTheirDirections) {
  const Model model = tiny_model();
  const DirectionSet plain = two(model);
  EXPECT_EQ(plain.suggested_strength(0), std::nullopt);
  EXPECT_EQ(DirectionSet::merge({plain}, {"a", "b"}).figure_names(), std::vector<std::string>{});
  const double nan = std::nan("");
  const DirectionSet set({"a", "b"}, plain.directions(), plain.timesteps(), plain.provenance(),
                         {{"suggested_strength", at::tensor({nan, -0.25}, at::kDouble)}});
  EXPECT_EQ(set.suggested_strength(0), std::nullopt);
  EXPECT_EQ(set.suggested_strength(1), -0.25);
  const DirectionSet merged = DirectionSet::merge({plain, set}, {"c", "d", "e", "f"});
  EXPECT_EQ(merged.suggested_strength(2), std::nullopt);
  EXPECT_EQ(merged.suggested_strength(3), -0.25);
  EXPECT_EQ(merged.first(3).suggested_strength(2), std::nullopt);
  const std::string path = this->path("suggested.safetensors");
  merged.save(path);
  EXPECT_EQ(DirectionSpec::parse(path + ":f").suggested_strength(model), -0.25);
  EXPECT_EQ(DirectionSpec::parse(path + ":3").suggested_strength(model), -0.25);
  EXPECT_EQ(DirectionSpec::parse(path + ":c").suggested_strength(model), std::nullopt);
  const DirectionSet wrong({"a", "b"}, plain.directions(), plain.timesteps(), plain.provenance(),
                           {{"suggested_strength", at::ones({3})}});
  expect_error([&] { wrong.suggested_strength(0); }, {"suggested_strength", "(2)"});
}

// A direction file as another program might make it.
TEST_F(DirectionSetTest, MalformedFilesAreNamed) {
  const Model model = tiny_model();
  const auto write = [&](const std::string& names, const std::vector<int64_t>& timesteps,
                         const at::Tensor& directions) {
    SafetensorsWriter writer(file_);
    writer.metadata("format", "hspace-directions");
    writer.metadata("names", names);
    writer.metadata("provenance", provenance(model).json());
    writer.declare("directions", directions.scalar_type(), directions.sizes().vec());
    writer.declare("timesteps", at::kLong, {static_cast<int64_t>(timesteps.size())});
    writer.write("directions", directions);
    writer.write("timesteps", at::tensor(timesteps));
    writer.finish();
  };
  const auto refuse = [&](const std::vector<std::string>& parts) {
    std::vector<std::string> all = parts;
    all.push_back(file_);
    expect_error([&] { DirectionSet::open(file_, model); }, all);
  };
  const at::Tensor one = at::ones({1, 2, 16, 4, 4}), both = at::ones({2, 2, 16, 4, 4});
  write(R"(["a"])", {800, 300}, one);
  DirectionSet::open(file_, model);
  write(R"(["a"])", {800, 300}, at::ones({1, 2, 8, 4, 4}));
  refuse({"directions", "16"});
  write("a, b", {800, 300}, both);
  refuse({"'names'"});
  write(R"(["a", "a"])", {800, 300}, both);
  refuse({"different names"});
  write(R"(["a"])", {1, 2}, one);
  refuse({"timesteps", "descending"});
  write(R"(["a"])", {800, 300}, one.to(at::kLong));
  refuse({"directions", "floating-point"});
  write(R"(["a"])", {800, 300}, one * std::numeric_limits<float>::infinity());
  refuse({"directions", "finite"});
  expect_error(
      [&] {
        DirectionSet::open(
            test::pipeline_path("tiny-pipeline") + "/unet/diffusion_pytorch_model.safetensors",
            model);
      },
      {"expected a direction file"});
}

TEST_F(DirectionSetTest, EveryFieldMayBeWrong) {
  const Model model = tiny_model();
  two(model).save(file_);
  test::MalformedSafetensors malformed(file_, [&] { DirectionSet::open(file_, model); });
  EXPECT_GT(malformed.read_all(), 50);
}

TEST_F(DirectionSetTest, AnotherModelIsRefused) {
  const Model model = tiny_model();
  Provenance foreign = provenance(model);
  foreign.model_hash = std::string(64, '0');
  DirectionSet({"a"}, at::ones({1, 1, 16, 4, 4}), {800}, foreign).save(file_);
  try {
    DirectionSet::open(file_, model);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kMismatch);
    EXPECT_NE(std::string(e.what()).find(model.hash()), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace hspace
