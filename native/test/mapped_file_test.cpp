#include "files/mapped_file.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "test/file_fixture.h"

namespace hspace {
namespace {

using test::expect_error;

class MappedFileTest : public test::FileFixture {
 protected:
  static std::string contents(const MappedFile& file) { return {file.data(), file.size()}; }

  // As `cp other file` does it: the same file, other bytes.
  void overwrite(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary | std::ios::trunc) << bytes;
  }
};

// A mapping of the truncated file would end the process at the first byte that is read.
TEST_F(MappedFileTest, ACopyOutlivesWhatHappensToItsFile) {
  const std::string bytes(100'000, 'x');
  const MappedFile file(write_file("small", bytes));
  overwrite("small", "");
  EXPECT_EQ(contents(file), bytes);
  file.check_unchanged();
  file.data()[0] = 'y';
  EXPECT_EQ(std::filesystem::file_size(path("small")), 0u);
}

TEST_F(MappedFileTest, AMappingNoticesThatItsFileWasChanged) {
  const std::string bytes(100'000, 'x');
  const MappedFile file(write_file("large", bytes), 0);
  EXPECT_EQ(contents(file), bytes);
  file.check_unchanged();
  file.data()[0] = 'y';  // in memory only
  EXPECT_EQ(read_file("large"), bytes);
  file.check_unchanged();
  overwrite("large", std::string(10, 'z'));
  expect_error([&] { file.check_unchanged(); }, {path("large"), "truncated or written to"});
}

TEST_F(MappedFileTest, AFileThatIsRenamedOverStays) {
  const std::string bytes(100'000, 'x');
  const MappedFile file(write_file("large", bytes), 0);
  std::filesystem::rename(write_file("other", "z"), path("large"));
  EXPECT_EQ(contents(file), bytes);
  file.check_unchanged();
}

TEST_F(MappedFileTest, EmptyAndMissingFiles) {
  for (const uint64_t copied : {uint64_t{0}, MappedFile::kCopied}) {
    EXPECT_EQ(MappedFile(write_file("empty", ""), copied).size(), 0u);
    expect_error([&] { MappedFile file(path("no"), copied); }, {path("no"), "No such file"});
    expect_error([&] { MappedFile file(directory_.string(), copied); }, {"not a regular file"});
  }
}

}  // namespace
}  // namespace hspace
