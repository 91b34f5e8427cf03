#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "hspace/error.h"

// A target is one file with this function, as libFuzzer calls it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace hspace::fuzz {

// A directory of this process, removed when it ends.
class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "hspace-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~Directory() { std::filesystem::remove_all(path_); }

  std::string path() const { return path_.string(); }

  // Writes a file of that name and returns its path.
  std::string write(const std::string& name, const void* data, size_t size) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::remove(file);  // not truncated: it may still be mapped
    std::ofstream(file, std::ios::binary).write(static_cast<const char*>(data), size);
    return file.string();
  }

  void copy(const std::string& from, const std::string& name) const {
    std::filesystem::copy_file(from, path_ / name);
  }

 private:
  std::filesystem::path path_;
};

// Whatever the bytes are, they are read or refused with an Error; anything else escapes and is a
// finding.
template <typename Read>
int read_or_refuse(const Read& read) {
  try {
    read();
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace hspace::fuzz
