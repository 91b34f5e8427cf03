#include "hspace/safetensors.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <cstring>

#include "test/file_fixture.h"

namespace hspace {
namespace {

using test::expect_error;
using test::safetensors_bytes;

class SafetensorsTest : public test::FileFixture {};

const std::vector<at::ScalarType> kDtypes = {at::kDouble, at::kFloat, at::kHalf,  at::kBFloat16,
                                             at::kLong,   at::kInt,   at::kShort, at::kChar,
                                             at::kByte,   at::kBool};

TEST_F(SafetensorsTest, ReadsAFileWrittenByHand) {
  const std::string header =
      R"({"__metadata__":{"format":"pt","note":"größer"},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},)"
      R"("a":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}   )";
  std::string data = {1, 2, 3, '\xff'};
  const float floats[2] = {1.5f, -2.0f};
  data.append(reinterpret_cast<const char*>(floats), sizeof floats);
  const SafetensorsFile file(write_file("hand.safetensors", safetensors_bytes(header, data)));

  EXPECT_EQ(file.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(file.contains("a"));
  EXPECT_FALSE(file.contains("c"));
  const at::Tensor a = file.tensor("a");
  EXPECT_EQ(a.scalar_type(), at::kByte);
  EXPECT_EQ(a.sizes(), (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(a[1][1].item<int>(), 255);
  const at::Tensor b = file.tensor("b");
  EXPECT_EQ(b[0].item<float>(), 1.5f);
  EXPECT_EQ(b[1].item<float>(), -2.0f);
  EXPECT_EQ(file.metadata_keys(), (std::vector<std::string>{"format", "note"}));
  EXPECT_EQ(file.metadata("note"), "größer");
  EXPECT_FALSE(file.contains_metadata("absent"));
  expect_error([&] { file.metadata("absent"); }, {"hand.safetensors", "\"absent\""});
  expect_error([&] { file.tensor("c"); }, {"hand.safetensors", "\"c\""});
}

TEST_F(SafetensorsTest, RoundTripsEveryDtypeAndShape) {
  const std::vector<std::vector<int64_t>> shapes = {
      {}, {1}, {3}, {0}, {2, 0, 3}, {2, 3, 5}, {1, 1, 1, 1, 1}};
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (at::ScalarType dtype : kDtypes) {
    for (size_t i = 0; i < shapes.size(); ++i) {
      tensors.emplace_back(std::string(c10::toString(dtype)) + "." + std::to_string(i),
                           at::randn(shapes[i]).to(dtype));
    }
  }
  SafetensorsWriter writer(path("all.safetensors"));
  for (const auto& [name, tensor] : tensors)
    writer.declare(name, tensor.scalar_type(), tensor.sizes().vec());
  writer.metadata("provenance", "{\"seeds\": [1, 2], \"name\": \"\\u00fc\\n\"}");
  for (const auto& [name, tensor] : tensors) writer.write(name, tensor);
  writer.finish();

  const SafetensorsFile file(path("all.safetensors"));
  EXPECT_EQ(file.names().size(), tensors.size());
  EXPECT_EQ(file.metadata("provenance"), "{\"seeds\": [1, 2], \"name\": \"\\u00fc\\n\"}");
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor read = file.tensor(name);
    EXPECT_EQ(read.scalar_type(), tensor.scalar_type()) << name;
    ASSERT_EQ(read.sizes(), tensor.sizes()) << name;
    EXPECT_TRUE(at::equal(read, tensor)) << name;
  }
}

TEST_F(SafetensorsTest, AnEmptyFileIsValid) {
  SafetensorsWriter(path("empty.safetensors")).finish();
  EXPECT_TRUE(SafetensorsFile(path("empty.safetensors")).names().empty());
}

TEST_F(SafetensorsTest, TensorsAreViewsThatOutliveTheFileObject) {
  SafetensorsWriter writer(path("view.safetensors"));
  writer.declare("x", at::kFloat, {4});
  writer.write("x", at::arange(4, at::kFloat));
  writer.finish();

  at::Tensor x;
  {
    const SafetensorsFile file(path("view.safetensors"));
    x = file.tensor("x");
    EXPECT_EQ(x.const_data_ptr(), file.tensor("x").const_data_ptr());
  }
  std::filesystem::remove(path("view.safetensors"));
  EXPECT_TRUE(at::equal(x, at::arange(4, at::kFloat)));
}

TEST_F(SafetensorsTest, WritingToAViewLeavesTheFileAlone) {
  SafetensorsWriter writer(path("view.safetensors"));
  writer.declare("x", at::kFloat, {4});
  writer.write("x", at::arange(4, at::kFloat));
  writer.finish();
  const std::string before = read_file("view.safetensors");
  SafetensorsFile(path("view.safetensors")).tensor("x").fill_(7);
  EXPECT_EQ(read_file("view.safetensors"), before);
}

TEST_F(SafetensorsTest, ReadsDataThatIsNotAligned) {
  const std::string header = R"({"x":{"dtype":"F64","shape":[2],"data_offsets":[1,17]},)"
                             R"("pad":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}})";
  const double numbers[2] = {0.25, -1e300};
  std::string data(1, '\0');
  data.append(reinterpret_cast<const char*>(numbers), sizeof numbers);
  for (size_t spaces = 0; spaces < 8; ++spaces) {
    const SafetensorsFile file(
        write_file("odd", safetensors_bytes(header + std::string(spaces, ' '), data)));
    const at::Tensor x = file.tensor("x");
    EXPECT_EQ(reinterpret_cast<uintptr_t>(x.const_data_ptr()) % alignof(double), 0u);
    EXPECT_EQ(x[0].item<double>(), 0.25);
    EXPECT_EQ(x[1].item<double>(), -1e300);
  }
}

TEST_F(SafetensorsTest, TensorsOfUnreadTypesAreListed) {
  for (const char* dtype : {"F8_E4M3", "F8_E5M2", "U16", "U32", "U64", "C64", "F4", "new one"}) {
    const std::string header = R"({"x":{"dtype":")" + std::string(dtype) +
                               R"(","shape":[2],"data_offsets":[0,3]},)"
                               R"("y":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}})";
    const SafetensorsFile file(write_file("types", safetensors_bytes(header, {1, 2, 3, 4})));
    EXPECT_EQ(file.names(), (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(file.dtype_name("x"), dtype);
    EXPECT_FALSE(file.dtype("x"));
    EXPECT_EQ(file.shape("x"), std::vector<int64_t>{2});
    EXPECT_EQ(file.tensor("y").item<int>(), 4);
    expect_error([&] { file.tensor("x"); }, {path("types"), "\"x\"", dtype, "BF16"});
  }
}

TEST_F(SafetensorsTest, AnyNonZeroByteIsTrue) {
  const std::string header = R"({"x":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})";
  const SafetensorsFile file(write_file("bool", safetensors_bytes(header, {0, 1, '\x80'})));
  const at::Tensor bytes = file.tensor("x").to(at::kByte);
  EXPECT_EQ(bytes[0].item<int>(), 0);
  EXPECT_EQ(bytes[1].item<int>(), 1);
  EXPECT_EQ(bytes[2].item<int>(), 1);
}

}  // namespace
}  // namespace hspace
