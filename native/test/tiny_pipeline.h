#pragma once

#include <ATen/Parallel.h>

#include <filesystem>
#include <string>

#include "hspace/model.h"
#include "hspace/safetensors.h"
#include "test/golden_directory.h"

namespace hspace::test {

// A tensor of one of these files.
inline at::Tensor golden_tensor(const std::string& file, const std::string& name) {
  return SafetensorsFile(pipeline_path(file)).tensor(name);
}

// The tiny trained pipeline: 3 x 16 x 16 pixels, h (16, 4, 4). Its layers are too small for a
// second thread.
inline Model tiny_model(at::ScalarType dtype = at::kFloat,
                        const std::string& name = "tiny-pipeline") {
  at::set_num_threads(1);
  ModelOptions options;
  options.dtype = dtype;
  return Model::open(pipeline_path(name), options);
}

// A copy of the tiny pipeline that a test may spoil.
inline std::string copy_pipeline(const std::string& target) {
  std::filesystem::copy(pipeline_path("tiny-pipeline"), target,
                        std::filesystem::copy_options::recursive);
  return target;
}

}  // namespace hspace::test
