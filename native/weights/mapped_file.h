#pragma once

#include <cstdint>
#include <string>

namespace hspace {

// A regular file mapped into memory. Pages written to are private copies: the file never changes.
class MappedFile {
 public:
  // Error naming the path and the reason.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  char* data() const { return data_; }  // size() bytes, null when there are none
  uint64_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  uint64_t size_ = 0;
};

}  // namespace hspace
