#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capi/handle.h"
#include "hspace.h"
#include "hspace/classifier.h"
#include "hspace/direction.h"
#include "hspace/guided_unet.h"
#include "hspace/model.h"
#include "hspace/svd.h"
#include "hspace/trajectory.h"

namespace hspace::capi {

// What is found when first asked for, once, by whichever thread comes first; a failure is not kept.
template <typename T>
class Lazy {
 public:
  template <typename Find>
  const T& get(const Find& find) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!value_) value_ = find();
    return *value_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::optional<T> value_;
};

}  // namespace hspace::capi

// What the handles of hspace.h stand for. All are immutable and shared by the calls on them.

struct hspace_model {
  static constexpr auto kKind = hspace::capi::Kind::kModel;
  explicit hspace_model(hspace::Model opened) : model(std::move(opened)) {}

  hspace::Model model;
  hspace::capi::Lazy<std::vector<std::string>> directions;  // names
};

struct hspace_trajectory {
  static constexpr auto kKind = hspace::capi::Kind::kTrajectory;
  explicit hspace_trajectory(hspace::Trajectory made, std::vector<double> psnr = {},
                             std::vector<double> residual = {})
      : trajectory(std::move(made)), psnr(std::move(psnr)), residual(std::move(residual)) {}

  hspace::Trajectory trajectory;
  std::vector<double> psnr;      // (N), dB; empty unless inverted
  std::vector<double> residual;  // (N); empty unless inverted
  hspace::capi::Lazy<std::string> provenance;
};

struct hspace_direction {
  static constexpr auto kKind = hspace::capi::Kind::kDirection;
  hspace_direction(hspace::Direction made, hspace::Provenance origin)
      : direction(std::move(made)), provenance(std::move(origin)) {}

  hspace::Direction direction;
  hspace::Provenance provenance;
};

struct hspace_bottleneck {
  static constexpr auto kKind = hspace::capi::Kind::kBottleneck;
  hspace_bottleneck(hspace::Model with, hspace::GuidedUNet under, hspace::Bottleneck made)
      : model(std::move(with)), unet(std::move(under)), bottleneck(std::move(made)) {}

  hspace::Model model;
  hspace::GuidedUNet unet;
  hspace::Bottleneck bottleneck;  // that unet made
};

struct hspace_linearized {
  static constexpr auto kKind = hspace::capi::Kind::kLinearized;
  hspace_linearized(hspace::Model with, hspace::InjectionPoint at, hspace::GuidedLinearized made)
      : model(std::move(with)), point(at), decoder(std::move(made)) {}

  hspace::Model model;
  hspace::InjectionPoint point;
  hspace::GuidedLinearized decoder;
};

struct hspace_triplets {
  static constexpr auto kKind = hspace::capi::Kind::kTriplets;
  explicit hspace_triplets(std::vector<hspace::Svd> found) : points(std::move(found)) {}

  std::vector<hspace::Svd> points;  // (n)
};

struct hspace_classifier {
  static constexpr auto kKind = hspace::capi::Kind::kClassifier;
  explicit hspace_classifier(hspace::Classifier opened) : classifier(std::move(opened)) {}

  hspace::Classifier classifier;
};

namespace hspace::capi {

// The injection point that the caller means. Error for none.
InjectionPoint point_of(hspace_point point, const char* what = "point");
hspace_point point_of(InjectionPoint point);
// "cpu", "cuda:1"; null is the CPU. Error for what is no device.
at::Device device_of(const char* text);

// One of a handle's texts, which live as long as it. Error when there are not as many.
const char* text_at(const std::vector<std::string>& texts, size_t number);

// Errors of kind kMismatch for what was made with another model.
void check_belongs(const Trajectory& trajectory, const Model& model);
void check_belongs(const hspace_direction& direction, const Model& model);

// The caller's training timesteps (n). Error for those that the model does not have.
std::vector<int64_t> timesteps_of(const Model& model, const int64_t* timesteps, size_t n);

std::vector<int64_t> image_shape(const Model& model);                    // {C, H, W}
std::vector<int64_t> h_shape(const Model& model, InjectionPoint point);  // {c, h, w}

}  // namespace hspace::capi
