#include <gtest/gtest.h>

#include <cmath>

#include "hspace/noise_schedule.h"
#include "test/file_fixture.h"

namespace hspace {
namespace {

using test::expect_error;

void expect_values(const std::string& text, const std::vector<double>& expected) {
  const EtaSchedule eta = EtaSchedule::parse(text);
  const auto steps = static_cast<int64_t>(expected.size());
  EXPECT_EQ(eta.values(steps), expected) << text;
  EXPECT_EQ(EtaSchedule::parse(eta.text()).values(steps), expected) << eta.text();
}

TEST(EtaSchedule, TextForms) {
  expect_values("0.5", {.5, .5, .5});
  expect_values("1@0.25-0.75", {0, 1, 1, 0});
  expect_values("start:1:0.4", {1, 1, 0, 0, 0});
  expect_values("end:0.5:0.4", {0, 0, 0, .5, .5});
  expect_values("1, 0.5,0", {1, .5, 0});
  EXPECT_EQ(EtaSchedule().values(2), (std::vector<double>{0, 0}));
}

TEST(EtaSchedule, WritesWhatJavaWrote) {
  EXPECT_EQ(EtaSchedule::constant(1).text(), "1.0");
  EXPECT_EQ(EtaSchedule::within(0.5, Window::of(0.2, 0.8)).text(), "0.5@0.2-0.8");
  EXPECT_EQ(EtaSchedule::list({1, 0.25}).text(), "1.0,0.25");
}

TEST(EtaSchedule, BadTextIsNamed) {
  for (const char* text : {"", "x", "1@", "1@0.5", "start:1", "middle:1:0.5", "1,,2", "1.5", "-1",
                           "NaN", "0.5,2", "end:1:2", "1\n2"}) {
    SCOPED_TRACE(text);
    expect_error([&] { EtaSchedule::parse(text); }, {"expected"});
  }
  expect_error([] { EtaSchedule::parse("a\nb"); }, {"found 'a\\nb'"});
  expect_error([] { EtaSchedule::constant(NAN); }, {"a value from 0 to 1, found NaN"});
  expect_error([] { EtaSchedule::within(1, {0.5, 2}); }, {"window", "0.5-2.0"});
}

TEST(EtaSchedule, AListHasOneValueAStep) {
  expect_error([] { EtaSchedule::list({1, 0}).values(3); },
               {"eta: expected 3 values, one a step, found 2"});
  expect_error([] { EtaSchedule::list({}); }, {"at least one value"});
}

TEST(Window, ThoseThatMeetShareNoStepAndMissNone) {
  const Window first = Window::of(0, 0.3), second = Window::of(0.3, 1), all;
  for (int64_t steps = 1; steps < 40; ++steps) {
    for (int64_t i = 0; i < steps; ++i) {
      EXPECT_NE(first.contains(i, steps), second.contains(i, steps)) << i << " of " << steps;
      EXPECT_TRUE(all.contains(i, steps));
    }
  }
}

TEST(Window, BadOnesAreNamed) {
  for (const char* text : {"0.5", "0.8-0.2", "0-2", "a-b", "-0.1-0.5", ""}) {
    SCOPED_TRACE(text);
    expect_error([&] { Window::parse(text); }, {"window: expected FROM-TO"});
  }
  expect_error([] { Window::of(0, NAN); }, {"0.0-NaN"});
  const Window window = Window::parse("0.2-0.8");
  EXPECT_EQ(window.from, 0.2);
  EXPECT_EQ(window.to, 0.8);
  EXPECT_EQ(window.text(), "0.2-0.8");
}

}  // namespace
}  // namespace hspace
