#include "pipeline/edit_region.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace hspace {
namespace {

// The region of one sample (C, H, W), number by number.
std::vector<bool> oracle(const at::Tensor& edited, const at::Tensor& unedited, double threshold) {
  const int64_t channels = edited.size(0), height = edited.size(1), width = edited.size(2);
  const double deviation = static_cast<double>(std::min(height, width)) / 32;
  const auto reach = static_cast<int64_t>(std::ceil(3 * deviation));
  const auto square = [&](int64_t y, int64_t x) {
    double sum = 0;
    for (int64_t c = 0; c < channels; ++c) {
      const auto at = [&](const at::Tensor& t) {
        return t[c][std::clamp<int64_t>(y, 0, height - 1)][std::clamp<int64_t>(x, 0, width - 1)]
            .item<double>();
      };
      sum += std::pow(at(edited) - at(unedited), 2);
    }
    return sum / static_cast<double>(channels);
  };
  std::vector<double> change;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      double sum = 0, weights = 0;
      for (int64_t dy = -reach; dy <= reach; ++dy) {
        for (int64_t dx = -reach; dx <= reach; ++dx) {
          const double weight =
              std::exp(-static_cast<double>(dy * dy + dx * dx) / (2 * deviation * deviation));
          sum += weight * square(y + dy, x + dx);
          weights += weight;
        }
      }
      change.push_back(std::sqrt(sum / weights));
    }
  }
  const double most = *std::max_element(change.begin(), change.end());
  std::vector<bool> inside;
  for (const double one : change) inside.push_back(one > threshold * most);
  return inside;
}

TEST(EditRegion, IsWhatChangesMoreThanAShareOfTheMost) {
  const at::Tensor unedited = at::randn({2, 3, 12, 16}, at::kDouble);
  at::Tensor edited = unedited + 1e-3 * at::randn({2, 3, 12, 16}, at::kDouble);
  edited[0].narrow(1, 2, 3).narrow(2, 4, 5).add_(1);
  edited[1].narrow(1, 8, 4).narrow(2, 0, 2).sub_(7);
  const at::Tensor region = edit_region(edited, unedited, .37);
  ASSERT_EQ(region.sizes(), (std::vector<int64_t>{2, 1, 12, 16}));
  for (int64_t row = 0; row < 2; ++row) {
    const std::vector<bool> expected = oracle(edited[row], unedited[row], .37);
    const at::Tensor found = region[row].flatten();
    for (size_t i = 0; i < expected.size(); ++i)
      ASSERT_EQ(expected[i], found[static_cast<int64_t>(i)].item<bool>()) << row << ", " << i;
    const double share = found.to(at::kDouble).mean().item<double>();
    EXPECT_GT(share, 0.02);
    EXPECT_LT(share, 0.4);
  }
}

TEST(EditRegion, IsNothingWhereNothingChanges) {
  const at::Tensor same = at::randn({1, 4, 8, 8});
  EXPECT_FALSE(edit_region(same, same, 0).any().item<bool>());
  EXPECT_TRUE(edit_region(same + 1e-6, same, .5).any().item<bool>()) << "however little it is";
}

}  // namespace
}  // namespace hspace
