#include "capi/objects.h"

#include <algorithm>
#include <cctype>

#include "capi/arrays.h"
#include "capi/status.h"
#include "files/text.h"

namespace hspace::capi {

InjectionPoint point_of(hspace_point point, const char* what) {
  switch (point) {
    case HSPACE_AFTER:
      return InjectionPoint::kAfter;
    case HSPACE_BEFORE:
      return InjectionPoint::kBefore;
    case HSPACE_MIDDLE:
      return InjectionPoint::kMiddle;
    default:
      throw Error(std::string(what) +
                  ": expected HSPACE_AFTER, HSPACE_BEFORE or HSPACE_MIDDLE, found " +
                  std::to_string(point));
  }
}

hspace_point point_of(InjectionPoint point) {
  switch (point) {
    case InjectionPoint::kBefore:
      return HSPACE_BEFORE;
    case InjectionPoint::kMiddle:
      return HSPACE_MIDDLE;
    case InjectionPoint::kAfter:
      break;
  }
  return HSPACE_AFTER;
}

at::Device device_of(const char* text) {
  const std::string name = text == nullptr ? "cpu" : text;
  if (name == "cpu") return at::kCPU;
  if (name == "cuda") return at::kCUDA;
  const std::string cuda = "cuda:";
  const std::string number = name.substr(0, cuda.size()) == cuda ? name.substr(cuda.size()) : "";
  const bool digits = std::all_of(number.begin(), number.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0; });
  if (number.empty() || number.size() > 2 || !digits)
    throw Error("device: expected cpu, cuda or cuda:N, found " + in_quotes(name));
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(std::stoi(number)));
}

const char* text_at(const std::vector<std::string>& texts, size_t number) {
  if (number < texts.size()) return texts[number].c_str();
  throw Error("number: expected one below " + std::to_string(texts.size()) + ", found " +
              std::to_string(number));
}

void check_belongs(const Trajectory& trajectory, const Model& model) {
  trajectory.provenance().check_model(model, "trajectory");
  trajectory.provenance().check_scheduler(model, "trajectory");
  trajectory.provenance().check_text(model, "trajectory");
}

void check_belongs(const hspace_direction& direction, const Model& model) {
  direction.provenance.check_model(model, "direction " + direction.direction.name());
}

std::vector<int64_t> timesteps_of(const Model& model, const int64_t* timesteps, size_t n) {
  std::vector<int64_t> found = integers(timesteps, n, "timesteps");
  for (const int64_t timestep : found) model.schedule().alpha_bar(timestep);  // checks it
  return found;
}

std::vector<int64_t> image_shape(const Model& model) {
  const std::array<int64_t, 3> shape = model.sample_shape();
  return {shape.begin(), shape.end()};
}

std::vector<int64_t> h_shape(const Model& model, InjectionPoint point) {
  const std::array<int64_t, 3> shape = model.bottleneck_shape(point);
  return {shape.begin(), shape.end()};
}

}  // namespace hspace::capi
