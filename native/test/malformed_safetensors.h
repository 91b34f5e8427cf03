#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <string>

#include "hspace/error.h"
#include "hspace/safetensors.h"
#include "test/json_mutations.h"

namespace hspace::test {

// A safetensors file of one of our formats, written again with one thing wrong in it at a time: its
// reader takes it or refuses it in one line that names the file, and never falls over.
class MalformedSafetensors {
 public:
  using Reader = std::function<void()>;

  // `reader` reads `path`, which is sound.
  MalformedSafetensors(std::string path, Reader reader)
      : path_(std::move(path)), reader_(std::move(reader)) {
    const SafetensorsFile file(path_);
    for (const std::string& key : file.metadata_keys()) metadata_[key] = file.metadata(key);
    for (const std::string& name : file.names()) tensors_[name] = file.tensor(name).clone();
  }

  // Every field of the metadata and every tensor, wrong in every way. How many were refused.
  int read_all() {
    EXPECT_NO_THROW(reader_());
    for (const auto& [key, value] : metadata_) read_metadata(key, value);
    for (const auto& [name, tensor] : tensors_) read_tensors(name, tensor);
    write(metadata_, tensors_);
    EXPECT_NO_THROW(reader_());
    return refused_;
  }

 private:
  using Metadata = std::map<std::string, std::string>;
  using Tensors = std::map<std::string, at::Tensor>;

  void write(const Metadata& metadata, const Tensors& tensors) const {
    SafetensorsWriter writer(path_);
    for (const auto& [key, value] : metadata) writer.metadata(key, value);
    for (const auto& [name, t] : tensors) writer.declare(name, t.scalar_type(), t.sizes().vec());
    for (const auto& [name, t] : tensors) writer.write(name, t);
    writer.finish();
  }

  void read(const std::string& what) {
    try {
      reader_();
    } catch (const Error& e) {
      ++refused_;
      const std::string message = e.what();
      EXPECT_NE(e.kind(), ErrorKind::kArgument) << what << ": " << message;
      EXPECT_NE(message.find(path_), std::string::npos) << what << ": " << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << what << ": " << message;
    } catch (const std::exception& e) {
      ADD_FAILURE() << what << ": " << e.what();
    }
  }

  void read_metadata(const std::string& key, const std::string& value) {
    const bool json = value.find_first_of("{[") == 0;
    const std::vector<std::string> plain = {
        "", "x", "-1", "0", "7", "2147483648", "9223372036854775808", "1e3"};
    for (const std::string& changed : json ? JsonMutations::of(value) : plain) {
      Metadata metadata = metadata_;
      metadata[key] = changed;
      write(metadata, tensors_);
      read(key + " = " + changed.substr(0, 500));
    }
    Metadata metadata = metadata_;
    metadata.erase(key);
    write(metadata, tensors_);
    read("no " + key);
  }

  void read_tensors(const std::string& name, const at::Tensor& value) {
    Tensors without = tensors_;
    without.erase(name);
    write(metadata_, without);
    read("no " + name);
    for (const auto& [what, other] : others(value)) {
      Tensors tensors = tensors_;
      tensors[name] = other;
      write(metadata_, tensors);
      read(name + " " + what);
    }
  }

  static Tensors others(const at::Tensor& value) {
    Tensors others = {
        {"scalar", at::zeros({})},      {"empty", at::zeros({0}, value.options())},
        {"flat", value.flatten()},      {"deeper", value.unsqueeze(0)},
        {"bytes", value.to(at::kByte)}, {"long", value.to(at::kLong).add(int64_t{1} << 40)},
        {"negative", value.sub(5000)},  {"double", value.to(at::kDouble)},
        {"flags", value.to(at::kBool)}};
    for (const double odd : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
      const at::Tensor holed = value.to(at::kFloat).clone();
      holed.flatten()[0].fill_(odd);
      others["with " + std::to_string(odd)] = holed;
    }
    if (value.dim() > 0 && value.size(0) > 1)
      others["shorter"] = value.narrow(0, 1, value.size(0) - 1);
    if (value.dim() > 0) others["longer"] = at::cat({value, value});
    return others;
  }

  std::string path_;
  Reader reader_;
  Metadata metadata_;
  Tensors tensors_;
  int refused_ = 0;
};

}  // namespace hspace::test
