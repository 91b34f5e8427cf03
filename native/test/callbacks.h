#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "hspace/progress.h"
#include "hspace/sampler.h"

namespace hspace::test {

// Keeps what it hears, and cancels at a given number of units.
class Listener : public Progress {
 public:
  explicit Listener(int64_t last = -1) : last_(last) {}
  bool update(int64_t done, int64_t total, const char* unit) override {
    this->done.push_back(done);
    this->total = total;
    this->unit = unit;
    return done != last_;
  }

  std::vector<int64_t> done;
  int64_t total = 0;
  std::string unit;

 private:
  int64_t last_;
};

// An injection made of a function.
class InjectionOf : public Injection {
 public:
  using Function =
      std::function<at::Tensor(int64_t step, int64_t timestep, int64_t first, const at::Tensor& h)>;
  explicit InjectionOf(Function delta_h, bool asymmetric = false)
      : delta_h_(std::move(delta_h)), asymmetric_(asymmetric) {}
  at::Tensor delta_h(int64_t step, int64_t timestep, int64_t first, const at::Tensor& h) override {
    return delta_h_(step, timestep, first, h);
  }
  bool asymmetric() const override { return asymmetric_; }

 private:
  Function delta_h_;
  bool asymmetric_;
};

// A sink made of a function.
class SinkOf : public TrajectorySink {
 public:
  explicit SinkOf(std::function<void(const Trajectory&)> accept) : accept_(std::move(accept)) {}
  void accept(const Trajectory& part) override { accept_(part); }

 private:
  std::function<void(const Trajectory&)> accept_;
};

}  // namespace hspace::test
