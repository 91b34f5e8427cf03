#pragma once

#include <string>

namespace hspace {

// A regular file that appears complete or not at all: its bytes go to a temporary name beside it,
// "<name>.tmp-" and 16 hexadecimal digits, which commit() renames.
//
// The name is drawn at random, because process ids repeat across containers that share a volume.
// While it is written the temporary file is locked, so that open() can tell what a killed process
// left, and removes it, from what a living one still writes. The Java side does the same.
class OutputFile {
 public:
  // Follows symbolic links: what they point to is written, and they stay. Nothing is created yet.
  // Error if the path is there and no regular file.
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  int descriptor() const { return fd_; }  // -1 unless open

  // Each of these returns 0 or an errno.
  int open();
  // Makes the bytes durable and renames them; closes.
  int commit();

  // Removes the temporary file, if there is one.
  void abandon();

 private:
  // For remove_temporary_files().
  void remember() const;
  void forget() const;

  std::string target_;
  std::string temporary_;
  int fd_ = -1;
};

}  // namespace hspace
