#include "test/golden_directory.h"

namespace hspace::test {

std::string golden_path(const std::string& name) {
  return std::string(HSPACE_GOLDEN_DIR) + "/" + name;
}

std::string pipeline_path(const std::string& name) {
  return std::string(HSPACE_PIPELINES_DIR) + "/" + name;
}

}  // namespace hspace::test
