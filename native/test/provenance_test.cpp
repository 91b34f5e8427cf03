#include "hspace/provenance.h"

#include <nlohmann/json.hpp>

#include "test/file_fixture.h"
#include "test/json_mutations.h"
#include "test/tiny_pipeline.h"

namespace hspace {
namespace {

using test::expect_error;

Provenance sample() {
  Provenance made;
  made.model_hash = "ab";
  made.scheduler_hash = "cd";
  made.eta = {1, 0.5, 1e-4};
  made.h_space = InjectionPoint::kBefore;
  made.seeds = std::vector<int64_t>{3, -9223372036854775807, 9223372036854775807};
  made.method = "sample";
  made.tool_version = "0.1.0";
  made.clipping = Clipping::clamp(1, true);
  return made;
}

// As the Java code of version 0.1 wrote it.
constexpr const char* kText =
    R"({"model_hash":"ab","scheduler_hash":"cd","steps":3,"eta":[1.0,0.5,1.0E-4],)"
    R"("h_space":"before","seeds":[3,-9223372036854775807,9223372036854775807],)"
    R"("method":"sample","tool_version":"0.1.0","reference_seeds":false,)"
    R"("clip":{"clip_sample_range":1.0,"posterior":true}})";

TEST(Provenance, WritesTheFormat) {
  EXPECT_EQ(sample().json(), kText);
  Provenance images = sample();
  images.seeds.reset();
  images.scheduler_hash.reset();
  images.images = {{"ein \"Bild\" ö.png", "01"}, {"b.png", ""}};
  images.method = "ddpm";
  images.clipping = Clipping::thresholding(0.995, 1.5, false);
  images.reference_seeds = true;
  EXPECT_EQ(
      images.json(),
      R"({"model_hash":"ab","steps":3,"eta":[1.0,0.5,1.0E-4],"h_space":"before",)"
      R"("images":[{"name":"ein \"Bild\" ö.png","sha256":"01"},{"name":"b.png","sha256":""}],)"
      R"("method":"ddpm","tool_version":"0.1.0","reference_seeds":true,)"
      R"("clip":{"dynamic_thresholding_ratio":0.995,"sample_max_value":1.5,"posterior":false}})");
  for (const std::string& text : {std::string(kText), images.json()})
    EXPECT_EQ(Provenance::parse(text, "f").json(), text);
}

// Files of version 0.1 say nothing: each step drew its own.
TEST(Provenance, SaysHowStepsDrawTheirNoise) {
  Provenance made = sample();
  made.noise = StepNoise::kBrownian;
  EXPECT_NE(made.json().find(R"("noise":"brownian")"), std::string::npos) << made.json();
  EXPECT_EQ(Provenance::parse(made.json(), "f").json(), made.json());
  EXPECT_EQ(Provenance::parse(kText, "f").noise, StepNoise::kSteps);
  std::string text = kText;
  text.insert(1, R"("noise":"steps",)");
  EXPECT_EQ(Provenance::parse(text, "f").json(), kText);
  text.replace(text.find("steps"), 5, "white");
  expect_error([&] { Provenance::parse(text, "f"); },
               {"noise: expected one of brownian, steps, found \"white\""});
}

TEST(Provenance, NullCountsAsAbsentAndOtherFieldsDoNotMatter) {
  std::string text = kText;
  text.insert(1, R"("images":null,"details":null,"later":[1],)");
  EXPECT_EQ(Provenance::parse(text, "f").json(), kText);
  const Provenance least =
      Provenance::parse(R"({"model_hash":"a","eta":[0],"h_space":"after"})", "f");
  EXPECT_FALSE(least.scheduler_hash || least.seeds || least.images || least.method ||
               least.tool_version || least.clipping || least.details || least.reference_seeds);
}

TEST(Provenance, DetailsKeepOrderAndNumbers) {
  const Provenance found = sample().of_directions(
      "pca",
      R"({"samples": 20, "z": null, "a": {"y": [1.0, null, 0.25], "b": "x"}, "share": 1e-9})");
  EXPECT_FALSE(found.seeds);
  EXPECT_EQ(found.details,
            R"({"kind":"pca","samples":20,"a":{"y":[1.0,0.25],"b":"x"},"share":1.0E-9})");
  const Provenance read = Provenance::parse(found.json(), "f");
  EXPECT_EQ(read.details, found.details);
  EXPECT_EQ(read.json(), found.json());
  expect_error([] { sample().of_directions("pca", "[1]"); }, {"facts", "a JSON object"});
}

TEST(Provenance, WhatIsWrongIsNamed) {
  const auto refused = [](const std::string& from, const std::string& to,
                          const std::string& message) {
    std::string text = kText;
    text.replace(text.find(from), from.size(), to);
    SCOPED_TRACE(text);
    expect_error([&] { Provenance::parse(text, "f.safetensors"); },
                 {"f.safetensors: metadata 'provenance': " + message});
  };
  refused("\"ab\"", "\"\"", "model_hash: expected a text of one line, found \"\"");
  refused("\"ab\"", "null", "model_hash: expected a text of one line, found nothing");
  refused("1.0E-4", "\"x\"", "eta[2]: expected a number, found \"x\"");
  refused("1.0E-4", "2", "eta: expected numbers from 0 to 1, found [1.0,0.5,2]");
  refused("[1.0,0.5,1.0E-4]", "[]", "eta: expected one number a step, found []");
  refused("\"steps\":3", "\"steps\":4", "steps: expected 3, as many as values of eta, found 4");
  refused("before", "inside", "h_space: expected one of after, before, middle, found \"inside\"");
  refused("[3,", "[3.5,", "seeds[0]: expected a whole number of 64 bits, found 3.5");
  refused("false", "0", "reference_seeds: expected true or false, found 0");
  refused("\"clip_sample_range\":1.0,", "", "clip: dynamic_thresholding_ratio: expected a number");
  refused("\"clip_sample_range\":1.0", "\"clip_sample_range\":-1",
          "clip: clip_sample_range: expected a number of at least 0, found -1");
  refused(
      "\"clip\":", "\"images\":[{\"name\":1}],\"x\":", "images[0]: name: expected a text, found 1");
  expect_error([] { Provenance::parse("[]", "f"); }, {"expected a JSON object, found []"});
  expect_error([] { Provenance::parse("{", "f"); }, {"f: metadata 'provenance' is not valid JSON"});
}

TEST(Provenance, AnyTextIsReadOrRefused) {
  Provenance full = sample().of_directions("pca", R"({"a": [1, 2], "b": {"c": "d"}})");
  full.seeds = std::vector<int64_t>{1};
  full.images = std::vector<ImageSource>{{"a.png", "01"}};
  int refused = 0;
  for (const std::string& text : test::JsonMutations::of(full.json())) {
    SCOPED_TRACE(text.substr(0, 500));
    try {
      Provenance::parse(text, "file").json();
    } catch (const Error& e) {
      ++refused;
      EXPECT_EQ(e.kind(), ErrorKind::kFile);
      EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find("file"), std::string::npos) << e.what();
    }
  }
  EXPECT_GT(refused, 200);
}

TEST(Provenance, ManyFieldsTakeNoTime) {
  std::string text = R"({"model_hash":"a","eta":[0],"h_space":"after","details":{)";
  for (int i = 0; i < 1'000'000; ++i) text += "\"" + std::to_string(i) + "\":1,";
  expect_error([&] { Provenance::parse(text + "\"x\":1}}", "f"); }, {"at most 10000 fields"});
}

TEST(Provenance, OtherModelsAreRefusedWithBothHashes) {
  const Model model = test::tiny_model();
  Provenance made = sample();
  const auto mismatch = [&](const auto& check, const std::string& hash) {
    try {
      check();
      ADD_FAILURE() << "no error";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kMismatch);
      const std::string message = e.what();
      EXPECT_EQ(message.rfind("hspace: f: made with the ", 0), 0u) << message;
      EXPECT_NE(message.find(hash), std::string::npos) << message;
      EXPECT_NE(message.find(model.directory()), std::string::npos) << message;
    }
  };
  mismatch([&] { made.check_model(model, "f"); }, "hash ab, but");
  mismatch([&] { made.check_model(model, "f"); }, model.hash());
  mismatch([&] { made.check_scheduler(model, "f"); }, "hash cd, but");
  mismatch([&] { made.check_scheduler(model, "f"); }, model.scheduler().hash());
  made.scheduler_hash.reset();
  mismatch([&] { made.check_scheduler(model, "f"); }, "hash unknown");
  made.model_hash = model.hash();
  made.scheduler_hash = model.scheduler().hash();
  made.check_model(model, "f");
  made.check_scheduler(model, "f");
}

TEST(InjectionPoint, HasNames) {
  for (const auto point :
       {InjectionPoint::kAfter, InjectionPoint::kBefore, InjectionPoint::kMiddle})
    EXPECT_EQ(parse_injection_point(injection_point_name(point)), point);
  expect_error([] { parse_injection_point("inside"); },
               {"h-space: expected after, before or middle, found 'inside'"});
}

}  // namespace
}  // namespace hspace
