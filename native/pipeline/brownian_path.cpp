#include "pipeline/brownian_path.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace hspace {
namespace {

// One descent into the tree. It passes on increments, not values, of W: times may differ by many
// powers of ten, and the difference of two values would lose what the early ones are.
class Descent {
 public:
  Descent(const std::vector<double>& clock, const std::vector<int64_t>& cuts,
          const BrownianPath::Normal& normal)
      : clock_(clock), cuts_(cuts), normal_(normal), sums_(cuts.size() - 1) {}

  // Splits the interval from `from` to `to`, over which W grows by `increment`, until no cut lies
  // inside, and adds what is left to the part between cuts that it belongs to.
  void into(int64_t from, int64_t to, const at::Tensor& increment) {
    const auto next = std::upper_bound(cuts_.begin(), cuts_.end(), from);  // first cut behind from
    if (next == cuts_.end() || to <= cuts_.front()) return;
    if (*next >= to) {
      at::Tensor& sum = sums_[next - cuts_.begin() - 1];
      sum = sum.defined() ? sum.add(increment) : increment;
      return;
    }
    const int64_t middle = from + (to - from) / 2;
    const double whole = time(from, to), first = time(from, middle);
    const double share = whole > 0 ? first / whole : 0;
    const double spread = std::sqrt(first * (1 - share));  // of the bridge at the middle
    const at::Tensor own = normal_(middle).mul(spread);
    into(from, middle, own.add(increment, share));
    into(middle, to, own.neg().add(increment, 1 - share));
  }

  std::vector<at::Tensor> normalised() const {
    std::vector<at::Tensor> each;
    for (size_t i = 0; i < sums_.size(); ++i) {
      const double passed = time(cuts_[i], cuts_[i + 1]);
      each.push_back(passed > 0 ? sums_[i].div(std::sqrt(passed)) : at::zeros_like(sums_[i]));
    }
    return each;
  }

 private:
  double time(int64_t from, int64_t to) const { return clock_[to] - clock_[from]; }

  const std::vector<double>& clock_;
  const std::vector<int64_t>& cuts_;
  const BrownianPath::Normal& normal_;
  std::vector<at::Tensor> sums_;  // of W between neighbouring cuts
};

}  // namespace

BrownianPath::BrownianPath(std::vector<double> clock) : clock_(std::move(clock)) {}

std::vector<at::Tensor> BrownianPath::increments(const std::vector<int64_t>& cuts,
                                                 const Normal& normal) const {
  if (cuts.size() < 2) return {};
  const int64_t last = static_cast<int64_t>(clock_.size()) - 1;
  Descent descent(clock_, cuts, normal);
  // The point 0 halves nothing, so its noise is the whole path's.
  descent.into(0, last, normal(0).mul(std::sqrt(clock_[last] - clock_[0])));
  return descent.normalised();
}

}  // namespace hspace
