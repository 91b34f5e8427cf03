#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include <csignal>
#include <filesystem>

#include "hspace/process.h"
#include "hspace/safetensors.h"
#include "test/file_fixture.h"

namespace hspace {
namespace {

using test::expect_error;

class SafetensorsWriterTest : public test::FileFixture {
 protected:
  const std::string target_ = path("out.safetensors");
};

TEST_F(SafetensorsWriterTest, RowsComeInAnyOrderAndAnyLayout) {
  const at::Tensor h = at::randn({7, 4, 3});  // (N, c, w)
  SafetensorsWriter writer(target_);
  writer.declare("h", at::kFloat, {7, 4, 3});
  writer.declare("seed", at::kLong, {7});
  writer.write("h", h.slice(0, 5, 7), 5);
  writer.write("seed", at::arange(7));
  writer.write("h", h.slice(0, 0, 2).transpose(1, 2).contiguous().transpose(1, 2), 0);
  for (int64_t row = 4; row >= 2; --row) writer.write("h", h.slice(0, row, row + 1), row);
  writer.finish();

  const SafetensorsFile file(target_);
  EXPECT_TRUE(at::equal(file.tensor("h"), h));
  EXPECT_TRUE(at::equal(file.tensor("seed"), at::arange(7)));
  EXPECT_EQ(listing(), std::vector<std::string>{"out.safetensors"});
}

TEST_F(SafetensorsWriterTest, LaysTensorsOutAligned) {
  SafetensorsWriter writer(target_);
  writer.declare("a", at::kByte, {3});
  writer.declare("b", at::kDouble, {1});
  writer.declare("c", at::kHalf, {1});
  writer.metadata("k", "v");
  writer.write("a", at::ones({3}, at::kByte));
  writer.write("b", at::ones({1}, at::kDouble));
  writer.write("c", at::ones({1}, at::kHalf));
  writer.finish();
  // A view, unlike a copy, is the same memory each time.
  const SafetensorsFile file(target_);
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_EQ(file.tensor(name).const_data_ptr(), file.tensor(name).const_data_ptr()) << name;
  }
}

TEST_F(SafetensorsWriterTest, AppearsOnlyWhenFinished) {
  write_file("out.safetensors", "old");
  {
    SafetensorsWriter writer(target_);
    writer.declare("x", at::kFloat, {2});
    writer.write("x", at::ones({1}), 0);
    EXPECT_EQ(read_file("out.safetensors"), "old");
    EXPECT_EQ(listing().size(), 2u);
    expect_error([&] { writer.finish(); }, {target_, "\"x\"", "row 1 of 2"});
  }
  EXPECT_EQ(read_file("out.safetensors"), "old");
  EXPECT_EQ(listing().size(), 1u);

  SafetensorsWriter writer(target_);
  writer.declare("x", at::kFloat, {2});
  writer.write("x", at::ones({2}));
  writer.finish();
  EXPECT_TRUE(at::equal(SafetensorsFile(target_).tensor("x"), at::ones({2})));
  EXPECT_EQ(listing().size(), 1u);
}

TEST_F(SafetensorsWriterTest, FollowsLinksAndRefusesWhatIsNoFile) {
  std::filesystem::create_directory(path("sub"));
  std::filesystem::create_symlink("sub/real", path("link"));
  for (int i = 0; i < 2; ++i) {  // not there yet, and there
    SafetensorsWriter writer(path("link"));
    writer.finish();
    EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
    EXPECT_TRUE(std::filesystem::is_regular_file(path("sub/real")));
  }
  EXPECT_EQ(listing().size(), 2u);
  expect_error([] { SafetensorsWriter writer("/dev/null"); }, {"/dev/null", "regular file"});
}

TEST_F(SafetensorsWriterTest, RemovesWhatAKilledProcessLeftAndNothingElse) {
  write_file("out.safetensors.tmp-0123456789abcdef", "left");
  write_file("out.safetensors.tmp-4711", "not ours");
  SafetensorsWriter outer(target_);
  outer.declare("x", at::kFloat, {1});
  outer.write("x", at::ones({1}));
  EXPECT_EQ(listing().size(), 2u);
  {
    SafetensorsWriter inner(target_);
    inner.finish();
  }
  outer.finish();  // the inner one, of the same process, did not take its file
  EXPECT_EQ(SafetensorsFile(target_).names().size(), 1u);
  EXPECT_EQ(listing().size(), 2u);
  EXPECT_EQ(read_file("out.safetensors.tmp-4711"), "not ours");
}

TEST_F(SafetensorsWriterTest, EveryRowIsAskedFor) {
  SafetensorsWriter writer(target_);
  writer.declare("x", at::kFloat, {6});
  writer.declare("scalar", at::kFloat, {});
  writer.declare("none", at::kFloat, {0, 3});
  expect_error([&] { writer.finish(); }, {"\"scalar\"", "row 0 of 1"});
  writer.write("scalar", at::ones({}));
  expect_error([&] { writer.finish(); }, {"\"x\"", "row 0 of 6"});
  writer.write("x", at::ones({2}), 4);
  writer.write("x", at::ones({2}), 0);
  expect_error([&] { writer.finish(); }, {"\"x\"", "row 2 of 6"});
  writer.write("x", at::ones({1}), 2);
  expect_error([&] { writer.finish(); }, {"\"x\"", "row 3 of 6"});
  writer.write("x", at::ones({3}), 2);
  writer.finish();
  EXPECT_EQ(SafetensorsFile(target_).tensor("x").sum().item<float>(), 6);
}

TEST_F(SafetensorsWriterTest, RefusesWhatDoesNotFitTheDeclaration) {
  SafetensorsWriter writer(target_);
  writer.declare("x", at::kFloat, {4, 3});
  writer.declare("scalar", at::kFloat, {});
  expect_error([&] { writer.declare("x", at::kFloat, {1}); }, {"\"x\"", "twice"});
  expect_error([&] { writer.declare("n", at::kFloat, {-1}); }, {"\"n\"", "negative"});
  expect_error([&] { writer.declare("n", at::kFloat, {INT64_MAX, 2}); }, {"\"n\"", "too large"});
  expect_error([&] { writer.declare("n", at::kComplexFloat, {1}); },
               {"\"n\"", "ComplexFloat", "BF16"});
  expect_error([&] { writer.declare("__metadata__", at::kFloat, {1}); }, {"reserved"});
  expect_error([&] { writer.declare("\xff", at::kFloat, {1}); }, {"UTF-8"});
  expect_error([&] { writer.metadata("k", "\xc3"); }, {"UTF-8"});

  expect_error([&] { writer.write("y", at::ones({1})); }, {"\"y\"", "not declared"});
  expect_error([&] { writer.write("x", at::Tensor()); }, {"\"x\"", "undefined"});
  expect_error([&] { writer.write("x", at::ones({1, 3}, at::kDouble)); },
               {"expected Float", "found Double"});
  expect_error([&] { writer.write("x", at::ones({1, 4})); }, {"(1, 4)", "(4, 3)"});
  expect_error([&] { writer.write("x", at::ones({3})); }, {"(3)", "(4, 3)"});
  expect_error([&] { writer.write("scalar", at::ones({1})); }, {"(1)", "()"});
  expect_error([&] { writer.write("x", at::ones({2, 3}), 3); }, {"2 rows from row 3", "its 4"});
  expect_error([&] { writer.write("x", at::ones({2, 3}), -1); }, {"2 rows from row -1"});
  expect_error([&] { writer.write("x", at::ones({1, 3}), INT64_MAX); }, {"lie outside"});
  EXPECT_TRUE(listing().empty());

  writer.write("x", at::ones({4, 3}));
  expect_error([&] { writer.declare("z", at::kFloat, {1}); }, {"before the first write"});
  expect_error([&] { writer.metadata("k", "v"); }, {"before the first write"});
  writer.write("scalar", at::ones({}));
  writer.finish();
  expect_error([&] { writer.write("x", at::ones({4, 3})); }, {"finished"});
  expect_error([&] { writer.finish(); }, {"finished"});
}

TEST_F(SafetensorsWriterTest, UnwritablePaths) {
  const std::string absent = path("absent/out.safetensors");
  SafetensorsWriter writer(absent);
  expect_error([&] { writer.finish(); }, {absent, "No such file"});

  std::filesystem::create_directory(target_);
  write_file("out.safetensors/inside", "");
  expect_error([&] { SafetensorsWriter over_directory(target_); }, {target_, "is a directory"});
  EXPECT_EQ(listing(), std::vector<std::string>{"out.safetensors"});
}

TEST_F(SafetensorsWriterTest, AFullDiskIsAnErrorBeforeTheWork) {
  struct statvfs status{};
  ASSERT_EQ(::statvfs(directory_.c_str(), &status), 0);
  const auto more_than_free =
      static_cast<int64_t>((status.f_bavail + status.f_blocks / 8 + 1) * status.f_frsize);
  SafetensorsWriter writer(target_);
  writer.declare("x", at::kByte, {more_than_free});
  expect_error([&] { writer.write("x", at::ones({1}, at::kByte)); },
               {"disk full while writing " + target_, "free"});
  EXPECT_TRUE(listing().empty());
  expect_error([&] { writer.write("x", at::ones({1}, at::kByte)); }, {"has failed"});
}

TEST_F(SafetensorsWriterTest, AFileSizeLimitLeavesNothingBehind) {
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = 4096;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  {
    SafetensorsWriter writer(target_);
    writer.declare("x", at::kByte, {8192});
    expect_error([&] { writer.write("x", at::ones({8192}, at::kByte)); }, {target_, "too large"});
    EXPECT_TRUE(listing().empty());
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
}

// What a process does that is told to stop in the middle.
TEST_F(SafetensorsWriterTest, OpenTemporaryFilesCanBeRemoved) {
  SafetensorsWriter open(path("open.safetensors"));
  open.declare("a", at::kFloat, {2});
  open.write("a", at::ones({1}));
  SafetensorsWriter done(path("done.safetensors"));
  done.declare("a", at::kFloat, {1});
  done.write("a", at::ones({1}));
  done.finish();
  EXPECT_EQ(listing().size(), 2u);
  remove_temporary_files();
  EXPECT_EQ(listing(), std::vector<std::string>{"done.safetensors"});
}

}  // namespace
}  // namespace hspace
