#include "test/golden_case.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <filesystem>

#include "hspace/safetensors.h"
#include "test/golden_directory.h"

namespace hspace::test {

GoldenCase::GoldenCase(const std::string& name)
    : name(name), directory(golden_path(name)), variant(name == "float16_variant" ? "fp16" : "") {}

at::Tensor GoldenCase::operator[](const std::string& tensor) const {
  return SafetensorsFile(directory + "/golden.safetensors").tensor(tensor);
}

bool GoldenCase::contains(const std::string& tensor) const {
  return SafetensorsFile(directory + "/golden.safetensors").contains(tensor);
}

Condition GoldenCase::condition() const {
  const auto find = [&](const char* tensor) {
    return contains(tensor) ? (*this)[tensor] : at::Tensor();
  };
  Condition condition{find("text"), find("pooled_text"), find("time_ids"), find("class_labels")};
  // Stored in float64 like everything; of a table they are integers.
  at::Tensor& labels = condition.class_labels;
  if (labels.defined() && labels.equal(labels.round())) labels = labels.to(at::kLong);
  return condition;
}

Bottleneck GoldenCase::encode(const UNet& unet, InjectionPoint point) const {
  return unet.encode((*this)["x"], (*this)["t"], point, condition());
}

std::vector<std::string> golden_case_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_path())) {
    if (std::filesystem::exists(entry.path() / "golden.safetensors")) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string point_name(InjectionPoint point) {
  switch (point) {
    case InjectionPoint::kAfter:
      return "after";
    case InjectionPoint::kBefore:
      return "before";
    case InjectionPoint::kMiddle:
      return "middle";
  }
  return "";
}

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
  return ((x - y).abs().max() / y.abs().max()).item<double>();
}

}  // namespace hspace::test
