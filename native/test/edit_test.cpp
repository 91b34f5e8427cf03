#include "hspace/edit.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <cmath>

#include "test/callbacks.h"
#include "test/file_fixture.h"
#include "test/tiny_pipeline.h"

namespace hspace {
namespace {

using test::expect_error;
using test::Listener;
using test::tiny_model;

constexpr int64_t kSteps = 6;

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

SamplingOptions sampling(InjectionPoint point = InjectionPoint::kAfter) {
  SamplingOptions options;
  options.steps = kSteps;
  options.h_space = point;
  return options;
}

class EditGridTest : public ::testing::Test {
 protected:
  // A direction on the trajectory's own lattice with entries of size 1.
  Direction direction(const std::string& name,
                      InjectionPoint point = InjectionPoint::kAfter) const {
    const at::Tensor delta = at::rand({kSteps, 16, 4, 4}, at::kDouble) * 2 - 1;
    return Direction(name, delta, trajectory_.lattice().timesteps, point);
  }

  // (2 · columns, 3, 16, 16)
  at::Tensor run(const std::vector<Edit>& columns, int64_t batch = 4,
                 bool asymmetric = false) const {
    return edit_grid(model_, trajectory_, columns, {asymmetric, batch});
  }

  const Model model_ = tiny_model(at::kDouble);
  const Trajectory trajectory_ = Sampler(model_).sample({1, 2}, sampling());
};

TEST_F(EditGridTest, NoEditReturnsTheImage) {
  const Direction d = direction("d");
  for (const bool asymmetric : {false, true}) {
    const at::Tensor images = run({{}, {{d, 0}}}, 4, asymmetric);
    for (int64_t cell = 0; cell < 4; ++cell)
      EXPECT_LT(difference(trajectory_.x_0()[cell / 2], images[cell]), 1e-10);
  }
}

TEST_F(EditGridTest, AGridEqualsItsCellsOneByOne) {
  const Direction d = direction("d");
  const std::vector<Edit> columns = {{{d, -2}}, {{d, 1}}, {}};
  const at::Tensor together = run(columns);
  ASSERT_EQ(together.size(0), 6);
  for (int64_t column = 0; column < 3; ++column) {
    const at::Tensor alone = run({columns[column]}, 1);
    for (int64_t row = 0; row < 2; ++row)
      EXPECT_LT(difference(together[3 * row + column], alone[row]), 1e-10);
  }
  EXPECT_GT(difference(together[0], together[1]), 0.01) << "strength matters";
}

TEST_F(EditGridTest, SymmetricAndAsymmetricDiffer) {
  const std::vector<Edit> column = {{{direction("d"), 2}}};
  EXPECT_GT(difference(run(column), run(column, 4, true)), 1e-4);
}

TEST_F(EditGridTest, DirectionsAdd) {
  const Direction a = direction("a"), b = direction("b");
  const Direction sum = combine({a, b}, {2, -3}, "sum");
  const at::Tensor images = run({{{a, 2}, {b, -3}}, {{a, 1}, {a, 1}, {b, -3}}, {{sum, 1}}});
  EXPECT_LT(difference(images[0], images[2]), 1e-10);
  EXPECT_LT(difference(images[1], images[2]), 1e-10);
}

TEST_F(EditGridTest, TheSameValuesAtOtherTimestepsAreAnotherDirection) {
  const Direction d = direction("d");
  std::vector<int64_t> later = d.timesteps();
  for (int64_t& t : later) t /= 2;
  const Direction shifted("d", d.delta(), later, d.h_space());
  const Direction copied("d", d.delta().clone(), later, d.h_space());
  const at::Tensor images = run({{{d, 1}, {shifted, 2}}, {{d, 1}, {copied, 2}}, {{d, 3}}});
  EXPECT_LT(difference(images[0], images[1]), 1e-10);
  EXPECT_GT(difference(images[0], images[2]), 1e-4);
}

TEST_F(EditGridTest, WindowsOfTheTrajectoryAddUp) {
  const Direction d = direction("d");
  const WeightedDirection early{d, 1, Window::of(0, 0.5)}, late{d, 1, Window::of(0.5, 1)};
  const at::Tensor images = run({{early}, {late}, {early, late}, {{d, 1}}});
  EXPECT_LT(difference(images[2], images[3]), 1e-10);
  EXPECT_GT(difference(images[0], images[3]), 1e-4);
  EXPECT_GT(difference(images[1], images[3]), 1e-4);
  const Direction first_half = window(d, Window::of(0, 0.5));
  EXPECT_LT(difference(run({{{first_half, 1}}})[0], images[0]), 1e-10);
}

TEST_F(EditGridTest, PointsOfInjectionDiffer) {
  const at::Tensor delta = direction("d").delta();
  std::vector<at::Tensor> images;
  for (const auto point :
       {InjectionPoint::kAfter, InjectionPoint::kBefore, InjectionPoint::kMiddle}) {
    images.push_back(run({{{Direction("d", delta, trajectory_.lattice().timesteps, point), 1}}}));
  }
  EXPECT_GT(difference(images[0], images[1]), 1e-4);
  EXPECT_GT(difference(images[1], images[2]), 1e-4);
}

TEST_F(EditGridTest, MisfitsAreNamed) {
  const Edit mixed = {{direction("a"), 1}, {direction("b", InjectionPoint::kBefore), 1}};
  expect_error([&] { run({mixed}); }, {"direction b", "h-space after", "before"});
  const Direction small("small", at::zeros({1, 8, 4, 4}), {0}, InjectionPoint::kAfter);
  expect_error([&] { run({{{small, 1}}}); }, {"direction small", "(16, 4, 4)", "(1, 8, 4, 4)"});
  expect_error([&] { run({}); }, {"edits", "at least one"});
  expect_error([&] { run({{{direction("d"), 1}}}, 0); }, {"batch", "at least 1"});
  for (const double strength : {std::nan(""), 1e308 * 10, -1e308 * 10}) {
    expect_error([&] { run({{{direction("d"), strength}}}); },
                 {"direction d", "strength", "float64"});
  }
}

TEST_F(EditGridTest, ACancelledGridEnds) {
  Listener listener(4);
  EXPECT_THROW(edit_grid(model_, trajectory_, {{}, {}}, {}, listener), Cancelled);
  EXPECT_EQ(listener.done, (std::vector<int64_t>{4}));
}

// Cells that share nothing: each decoded by itself, with Δh written out.
class PlainGrid {
 public:
  PlainGrid(const Model& model, const Trajectory& trajectory, bool asymmetric)
      : model_(model), trajectory_(trajectory), asymmetric_(asymmetric) {}

  // x_0 (C, H, W)
  at::Tensor cell(int64_t row, const Edit& edit) const {
    const int64_t steps = trajectory_.steps();
    test::InjectionOf injection(
        [&](int64_t step, int64_t, int64_t, const at::Tensor& h) {
          at::Tensor delta = at::zeros_like(h);
          for (const WeightedDirection& part : edit) {
            const at::Tensor all = part.direction.on_lattice(trajectory_.lattice().timesteps);
            if (part.window.contains(step, steps)) delta.add_(all[step].to(h), part.strength);
          }
          return delta;
        },
        asymmetric_);
    return Sampler(model_).decode(trajectory_, {row}, &injection, InjectionPoint::kAfter, 1)[0];
  }

 private:
  const Model& model_;
  const Trajectory& trajectory_;
  bool asymmetric_;
};

struct SharedCase {
  at::ScalarType dtype;
  bool asymmetric;
  double tolerance;
};

class SharedWorkTest : public ::testing::TestWithParam<SharedCase> {};

// What cells share is done once, and they are what they are by themselves.
TEST_P(SharedWorkTest, CellsAreThoseOfAPlainGrid) {
  const Model model = tiny_model(GetParam().dtype);
  const Trajectory trajectory = Sampler(model).sample({1, 2}, sampling());
  const Direction d("d", at::rand({kSteps, 16, 4, 4}) * 2 - 1, trajectory.lattice().timesteps,
                    InjectionPoint::kAfter);
  const Window second_half = Window::of(.5, 1);
  const std::vector<Edit> columns = {{},       {{d, 1, second_half}}, {{d, 2, second_half}},
                                     {{d, 0}}, {{d, 1, second_half}}, {{d, -1}}};
  for (const int64_t batch : {16, 4}) {
    EditOptions options;
    options.asymmetric = GetParam().asymmetric;
    options.batch = batch;
    EditWork work;
    const at::Tensor images =
        edit_grid(model, trajectory, columns, options, Progress::none(), &work);
    const PlainGrid plain(model, trajectory, options.asymmetric);
    for (int64_t row = 0; row < 2; ++row) {
      for (int64_t column = 0; column < 6; ++column) {
        EXPECT_LT(difference(plain.cell(row, columns[column]), images[6 * row + column]),
                  GetParam().tolerance)
            << row << ", " << column;
      }
    }
    EXPECT_EQ(work.rows_asked, 2 * 6 * kSteps);
    if (batch < 6) {
      EXPECT_EQ(work.passes, 4 * kSteps) << "rows of two passes";
      continue;
    }
    EXPECT_EQ(work.passes, kSteps);
    // Of each row: one x_T; unedited and -1 for two more steps; those begin the second half, and
    // four go on from it.
    EXPECT_EQ(work.encoder_rows, 2 * (1 + 2 + 2 + 2 + 4 + 4));
    // In P_t alone: once a row for D_t, and each branch that adds something.
    EXPECT_EQ(work.decoder_rows, options.asymmetric
                                     ? 2 * ((1 + 1) + 2 * (2 + 1) + (2 + 3) + 2 * (4 + 3))
                                     : 2 * (2 + 2 + 2 + 4 + 4 + 4));
  }
}

INSTANTIATE_TEST_SUITE_P(Types, SharedWorkTest,
                         ::testing::Values(SharedCase{at::kDouble, false, 1e-10},
                                           SharedCase{at::kDouble, true, 1e-10},
                                           SharedCase{at::kFloat, false, 1e-4},
                                           SharedCase{at::kFloat, true, 1e-4}));

TEST_F(EditGridTest, SkippedStepsRunOnceAnImage) {
  const Direction d = direction("d");
  EditOptions options;
  options.skip = .5;
  EditWork work;
  edit_grid(model_, trajectory_, {{{d, -1}}, {{d, 1}}, {{d, 2}}}, options, Progress::none(), &work);
  EXPECT_EQ(work.encoder_rows, 2 * (3 * 1 + 1 + 2 * 3));
  EXPECT_EQ(work.decoder_rows, 2 * (3 * 1 + 3 + 2 * 3));
}

class SwapTest : public ::testing::TestWithParam<InjectionPoint> {};

TEST_P(SwapTest, WithItselfIsTheIdentityAndWithOthersIsNot) {
  const Model model = tiny_model(at::kDouble);
  const Trajectory trajectory = Sampler(model).sample({1, 2, 3}, sampling(GetParam()));
  const at::Tensor images = swap_h(model, trajectory, {0, 1, 2, 0, 1}, {0, 1, 2, 1, 0}, 2);
  for (int64_t row = 0; row < 3; ++row)
    EXPECT_LT(difference(images[row], trajectory.x_0()[row]), 1e-10);
  EXPECT_GT(difference(images[3], images[0]), 1e-3);
  EXPECT_GT(difference(images[4], images[1]), 1e-3);
  EXPECT_GT(difference(images[3], images[1]), 1e-3) << "the noise matters too";
}

INSTANTIATE_TEST_SUITE_P(Points, SwapTest,
                         ::testing::Values(InjectionPoint::kAfter, InjectionPoint::kBefore,
                                           InjectionPoint::kMiddle));

TEST(SwapRowsTest, NeedsRecordedHAndRowsThatAreThere) {
  const Model model = tiny_model();
  SamplingOptions options = sampling();
  const Trajectory recorded = Sampler(model).sample({1}, options);
  options.record_h = false;
  const Trajectory not_recorded = Sampler(model).sample({1}, options);
  expect_error([&] { swap_h(model, not_recorded, {0}, {0}, 1); }, {"h recorded"});
  expect_error([&] { swap_h(model, recorded, {0}, {1}, 1); }, {"donor", "0 to 0"});
  expect_error([&] { swap_h(model, recorded, {0}, {}, 1); }, {"donors", "expected 1"});
}

}  // namespace
}  // namespace hspace
