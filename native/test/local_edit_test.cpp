#include "pipeline/local_edit.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "hspace/edit.h"
#include "pipeline/noise.h"
#include "test/callbacks.h"
#include "test/file_fixture.h"
#include "test/tiny_pipeline.h"

namespace hspace {
namespace {

using test::expect_error;
using test::Listener;
using test::tiny_model;

constexpr int64_t kSteps = 6;
constexpr int64_t kSide = 16;

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

class LocalEditTest : public ::testing::TestWithParam<double> {
 protected:
  LocalEditTest() {
    SamplingOptions options;
    options.steps = kSteps;
    options.eta = EtaSchedule::constant(GetParam());
    trajectory_.emplace(Sampler(model_).sample({1, 2}, options));
    const at::Tensor delta = at::rand({kSteps, 16, 4, 4}, at::kDouble) * 4 - 2;
    direction_.emplace("d", delta, trajectory_->lattice().timesteps, InjectionPoint::kAfter);
  }

  WeightedDirection by(double strength, Window window = {}) const {
    return {*direction_, strength, window};
  }

  at::Tensor run(const std::vector<Edit>& columns, const EditOptions& options) const {
    return edit_grid(model_, *trajectory_, columns, options);
  }

  const at::Tensor& x_0() const { return trajectory_->x_0(); }

  // 1 in the left half of a sample.
  static at::Tensor left_half() {
    at::Tensor mask = at::zeros({1, 1, kSide, kSide});
    mask.narrow(3, 0, kSide / 2).fill_(1);
    return mask;
  }

  const Model model_ = tiny_model(at::kDouble);
  std::optional<Trajectory> trajectory_;
  std::optional<Direction> direction_;
};

TEST_P(LocalEditTest, WhatNothingEditsIsTheTrajectorysImage) {
  for (const std::optional<double> relax : {std::optional<double>(), {0.}, {.6}, {1.}}) {
    for (const bool keep : {false, true}) {
      EditOptions options;
      options.batch = 3;
      options.relax = relax;
      options.keep_background = keep;
      const at::Tensor images = run({{}, {by(0)}, {by(2, Window::of(.3, .3))}, {by(2)}}, options);
      ASSERT_EQ(images.size(0), 8);
      for (int64_t cell = 0; cell < 8; ++cell) {
        const double changed = difference(x_0()[cell / 4], images[cell]);
        if (cell % 4 == 3) {
          EXPECT_GT(changed, 1e-3);
        } else {
          EXPECT_LT(changed, 1e-10) << cell;
        }
      }
    }
  }
}

TEST_P(LocalEditTest, SkippedStepsRunUnedited) {
  const std::vector<Edit> whole = {{by(1)}}, later = {{by(1, Window::of(.5, 1))}};
  EditOptions options;
  for (const bool keep : {false, true}) {
    options.keep_background = keep;
    options.skip = 0;
    const at::Tensor windowed = run(later, options), all = run(whole, options);
    options.skip = .5;
    EXPECT_LT(difference(run(whole, options), windowed), 1e-10);
    EXPECT_GT(difference(all, windowed), 1e-4);
  }
  options.skip = 1;
  EXPECT_LT(difference(run(whole, options), x_0()), 1e-10);
}

TEST_P(LocalEditTest, OutsideAMaskTheBackgroundIsKept) {
  EditOptions options;
  options.keep_background = true;
  options.mask = left_half();
  const at::Tensor images = run({{by(1)}, {by(-1)}}, options);  // (4, 3, 16, 16)
  for (int64_t cell = 0; cell < 4; ++cell) {
    const at::Tensor change = images[cell] - x_0()[cell / 2];
    EXPECT_LT(change.narrow(2, kSide / 2, kSide / 2).abs().max().item<double>(), 1e-10);
    EXPECT_GT(change.narrow(2, 0, kSide / 2).abs().max().item<double>(), 1e-3);
  }
  options.mask = at::ones({1, 1, kSide, kSide});
  EXPECT_LT(difference(run({{by(1)}}, options), run({{by(1)}}, {})), 1e-10);
  options.mask = at::zeros({1, 1, kSide, kSide});
  EXPECT_LT(difference(run({{by(1)}}, options), x_0()), 1e-10);
}

TEST_P(LocalEditTest, OutsideItsOwnRegionToo) {
  EditOptions options;
  options.keep_background = true;
  options.threshold = .7;
  const at::Tensor change = (run({{by(1)}}, options) - x_0()).abs();
  const at::Tensor kept = change.amax(1).lt(1e-10);  // (2, H, W)
  EXPECT_TRUE(kept.any().item<bool>());
  EXPECT_FALSE(kept.all().item<bool>());
}

// Relaxed everywhere, an edit is that of a trajectory with another η and other noise.
TEST_P(LocalEditTest, RelaxedStepsHaveNewNoise) {
  for (const double factor : {0., .6, 1.}) {
    EditOptions options;
    options.relax = factor;
    options.seed = 5;
    options.mask = at::ones({1, 1, kSide, kSide});
    Provenance other = trajectory_->provenance();
    for (double& eta : other.eta) eta *= factor;
    const Noise noise({3, kSide, kSide});
    const at::Tensor z =
        at::cat({noise.relaxed(5, kSteps).unsqueeze(0), noise.relaxed(6, kSteps).unsqueeze(0)});
    const Trajectory expected(trajectory_->x_T(), z.to(at::kDouble), {}, {}, trajectory_->lattice(),
                              other);
    const std::vector<Edit> columns = {{by(1)}};
    EXPECT_LT(difference(run(columns, options), edit_grid(model_, expected, columns, {})), 1e-10)
        << factor;
  }
}

TEST_P(LocalEditTest, OutsideTheRegionNoiseIsTheTrajectorysOwn) {
  EditOptions options;
  options.relax = 1;
  options.mask = at::zeros({1, 1, kSide, kSide});
  EXPECT_LT(difference(run({{by(1)}}, options), run({{by(1)}}, {})), 1e-10);
}

TEST_P(LocalEditTest, AGridEqualsItsCellsOneByOne) {
  const std::vector<Edit> columns = {{by(-2)}, {}, {by(1, Window::of(.4, 1))}};
  for (const bool asymmetric : {false, true}) {
    EditOptions options;
    options.asymmetric = asymmetric;
    options.relax = .5;
    options.keep_background = true;
    options.batch = 4;  // of which a row's cells are three
    const at::Tensor together = run(columns, options);
    options.batch = 1;
    for (int64_t column = 0; column < 3; ++column) {
      const at::Tensor alone = run({columns[column]}, options);
      for (int64_t row = 0; row < 2; ++row)
        EXPECT_LT(difference(together[3 * row + column], alone[row]), 1e-10);
    }
  }
}

// Beyond a threshold of 0 lies all that changes, beyond 1 nothing.
TEST_P(LocalEditTest, FindsRegions) {
  EditOptions options;
  options.keep_background = true;
  const std::vector<Edit> columns = {{by(1)}, {by(2, Window::of(.5, 1))}, {}, {by(1)}};
  options.threshold = 0;
  EXPECT_LT(difference(run(columns, options), run(columns, {})), 1e-10);
  options.threshold = 1;
  const at::Tensor images = run(columns, options);
  for (int64_t cell = 0; cell < 8; ++cell)
    EXPECT_LT(difference(images[cell], x_0()[cell / 4]), 1e-10);
}

TEST_P(LocalEditTest, WorkThatCellsShareIsDoneOnce) {
  EditOptions options;
  options.keep_background = true;
  const std::vector<Edit> columns = {{}, {by(1)}, {by(1)}, {by(2, Window::of(.5, 1))}};
  const auto work_of = [&] {
    EditWork work;
    edit_grid(model_, *trajectory_, columns, options, Progress::none(), &work);
    return work;
  };
  const EditWork finding = work_of();
  EXPECT_EQ(finding.rows_asked, 2 * 2 * 4 * kSteps);
  // Of each row, the grid: x_T, then unedited and 1, then also 2. Then 1 and 2 on the unedited x_t.
  EXPECT_EQ(finding.encoder_rows, 2 * ((1 + 3 * 2 + 2 * 3) + (3 * 1 + 3 * 2)));
  EXPECT_EQ(finding.decoder_rows, 2 * ((3 * 2 + 3 * 3) + (3 * 1 + 3 * 2)));
  options.mask = left_half();
  const EditWork masked = work_of();  // the unedited row goes along
  EXPECT_EQ(masked.rows_asked, 2 * 4 * kSteps);
  EXPECT_EQ(masked.encoder_rows, 2 * (1 + 3 * 2 + 2 * 3));
  EXPECT_EQ(masked.decoder_rows, 2 * (3 * 2 + 3 * 3));
  EXPECT_EQ(masked.passes, kSteps);
}

INSTANTIATE_TEST_SUITE_P(Eta, LocalEditTest, ::testing::Values(0., .5, 1.));

class LocalEditErrors : public LocalEditTest {};

TEST_P(LocalEditErrors, NameTheOption) {
  EditOptions options;
  options.skip = 1.5;
  expect_error([&] { run({{by(1)}}, options); }, {"skip", "0 to 1", "1.5"});
  options = {};
  options.relax = std::nan("");
  expect_error([&] { run({{by(1)}}, options); }, {"relax", "0 to 1"});
  options = {};
  options.threshold = -1;
  expect_error([&] { run({{by(1)}}, options); }, {"threshold", "0 to 1", "-1"});
  options = {};
  options.mask = left_half();
  expect_error([&] { run({{by(1)}}, options); }, {"mask", "no effect"});
  options.keep_background = true;
  options.mask = at::ones({1, 1, 4, 4});
  expect_error([&] { run({{by(1)}}, options); }, {"mask", "(1, 1, 16, 16)", "[1, 1, 4, 4]"});
  options.mask = at::Tensor();
  const Trajectory without(trajectory_->x_T(), {}, {}, {}, trajectory_->lattice(),
                           trajectory_->provenance());
  expect_error([&] { edit_grid(model_, without, {{by(1)}}, options); }, {"noise z"});
}

TEST_P(LocalEditErrors, ACancelledGridEnds) {
  EditOptions options;
  options.keep_background = true;
  Listener listener(4);
  EXPECT_THROW(edit_grid(model_, *trajectory_, {{by(1)}, {}}, options, listener), Cancelled);
  EXPECT_EQ(listener.done, (std::vector<int64_t>{4}));
}

INSTANTIATE_TEST_SUITE_P(Noisy, LocalEditErrors, ::testing::Values(1.));

}  // namespace
}  // namespace hspace
