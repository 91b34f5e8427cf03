#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "hspace/error.h"

// What the benchmark programs share: their common options, and medians of timed calls.
namespace bench {

struct Options {
  std::string directory;
  int threads = 2;
  double seconds = 2;
  int64_t height = 0, width = 0;  // 0: the model's own
  std::vector<int64_t> batches;
};

inline std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

inline std::vector<int64_t> numbers(const std::string& text, char separator) {
  std::vector<int64_t> values;
  for (const std::string& part : split(text, separator)) values.push_back(std::stoll(part));
  return values;
}

// Takes a program's own option; false when it has none of that name.
using OwnOption = std::function<bool(const std::string& name, const std::string& value)>;

inline void parse(int argc, char** argv, Options& options, const OwnOption& own) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name.rfind("--", 0) != 0) {
      options.directory = name;
      continue;
    }
    if (++i == argc) throw hspace::Error(name + ": expected a value");
    const std::string value = argv[i];
    if (name == "--threads") {
      options.threads = std::stoi(value);
    } else if (name == "--seconds") {
      options.seconds = std::stod(value);
    } else if (name == "--size") {
      options.height = numbers(value, 'x').at(0);
      options.width = numbers(value, 'x').at(1);
    } else if (name == "--batch") {
      options.batches = numbers(value, ',');
    } else if (!own(name, value)) {
      throw hspace::Error("unknown option " + name);
    }
  }
  if (options.directory.empty()) throw hspace::Error("expected a unet/ directory");
}

inline double now(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Median milliseconds of each call, after one to warm up; they take turns for `seconds`, so that a
// busy machine disturbs all alike.
inline std::vector<double> medians(const std::vector<std::function<void()>>& calls, double seconds,
                                   clockid_t clock = CLOCK_MONOTONIC) {
  std::vector<std::vector<double>> times(calls.size());
  for (const auto& call : calls) call();
  const double start = now(clock);
  while (times[0].size() < 3 || now(clock) - start < seconds) {
    for (size_t i = 0; i < calls.size(); ++i) {
      const double begin = now(clock);
      calls[i]();
      times[i].push_back(1e3 * (now(clock) - begin));
    }
  }
  std::vector<double> result;
  for (std::vector<double>& values : times) {
    std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
    result.push_back(values[values.size() / 2]);
  }
  return result;
}

// The exit code of a program: 0, or 2 when it throws, with the message on standard error.
inline int guarded(const std::function<void()>& program) {
  try {
    program();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}

}  // namespace bench
