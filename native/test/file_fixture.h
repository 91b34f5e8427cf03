#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "hspace/error.h"

namespace hspace::test {

// A test with a directory of its own, removed afterwards.
class FileFixture : public ::testing::Test {
 protected:
  FileFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "hspace-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    directory_ = name;
  }
  ~FileFixture() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  std::string write_file(const std::string& name, const std::string& bytes) const {
    // Some file systems flush to disk when a file is truncated and written again: thousands of
    // times that takes minutes.
    std::filesystem::remove(path(name));
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

  std::string read_file(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::vector<std::string> listing() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  std::filesystem::path directory_;
};

// The bytes of a safetensors file, made without the code under test.
inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
  std::string prefix(8, '\0');
  for (size_t i = 0; i < 8; ++i) prefix[i] = static_cast<char>(uint64_t{header.size()} >> (8 * i));
  return prefix + header + data;
}

// `action` must throw an Error that mentions all of `parts`.
inline void expect_error(const std::function<void()>& action,
                         const std::vector<std::string>& parts) {
  try {
    action();
  } catch (const Error& e) {
    const std::string message = e.what();
    EXPECT_EQ(message.rfind("hspace: ", 0), 0u) << message;
    for (const std::string& part : parts) {
      EXPECT_NE(message.find(part), std::string::npos)
          << "expected '" << part << "' in: " << message;
    }
    return;
  }
  ADD_FAILURE() << "no error; expected one that mentions '" << parts.at(0) << "'";
}

}  // namespace hspace::test
