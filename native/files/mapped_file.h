#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace hspace {

// The bytes of a regular file, which writing to them never changes: a copy of a small file, a
// private mapping of a large one.
//
// A mapping follows its file: where somebody truncates the file in place, reading its lost bytes
// ends the process (SIGBUS), and what is written over it is seen. Files that are replaced as a
// whole (renamed over, as this library writes) are safe. check_unchanged() tells the others before
// their bytes are touched.
class MappedFile {
 public:
  // Files up to this size are copied: 64 MiB take 20 ms to read, and no other process can then
  // spoil them.
  static constexpr uint64_t kCopied = uint64_t{64} << 20;

  // Error naming the path and the reason. Files of more than `copied` bytes are mapped.
  explicit MappedFile(const std::string& path, uint64_t copied = kCopied);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  char* data() const { return data_; }  // size() bytes, null when there are none
  uint64_t size() const { return size_; }

  // Error when a mapped file was truncated or written to since it was opened.
  void check_unchanged() const;

 private:
  void release() noexcept;

  std::string path_;
  char* data_ = nullptr;
  uint64_t size_ = 0;
  int fd_ = -1;  // of a mapped file
  struct timespec modified_{};
};

}  // namespace hspace
