// What several threads share: one U-Net, one linearised decoder, one sampler, one file. Each must
// get the bits that it gets alone; tools/sanitize runs this under ThreadSanitizer.

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "hspace/linearized.h"
#include "hspace/safetensors.h"
#include "hspace/sampler.h"
#include "hspace/unet.h"
#include "test/file_fixture.h"
#include "test/golden_case.h"
#include "test/tiny_pipeline.h"

namespace hspace::test {
namespace {

constexpr int kThreads = 4;
constexpr int kRounds = 3;

// Runs `work` kRounds times in each thread; what it returns false for is counted.
template <typename Work>
int failures(const Work& work) {
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      at::set_num_threads(1);  // of this thread's operators: the threads are ours here
      for (int round = 0; round < kRounds; ++round) failed += !work(i, round);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return failed;
}

class Concurrency : public FileFixture {
 protected:
  Concurrency() {
    at::set_num_threads(1);
    at::manual_seed(1);
  }
};

TEST_F(Concurrency, OneUNetEncodesAndDecodesInManyThreads) {
  const GoldenCase golden("avatars");
  const UNet unet(golden.directory, at::kFloat, at::kCPU, golden.variant);
  const at::Tensor x = golden["x"], t = golden["t"], delta = golden["delta_after"];
  // Fresh 1x1 kernels are packed at their first use, by whichever thread comes first.
  std::vector<at::Tensor> h(kThreads), epsilon(kThreads);
  const auto pass = [&](int thread, int round) {
    const Bottleneck bottleneck = unet.encode(x, t, InjectionPoint::kAfter);
    const at::Tensor decoded = unet.decode(bottleneck, delta);
    if (round == 0) {
      h[thread] = bottleneck.h;
      epsilon[thread] = decoded;
    }
    return bottleneck.h.equal(h[thread]) && decoded.equal(epsilon[thread]);
  };
  EXPECT_EQ(failures(pass), 0);
  for (int i = 1; i < kThreads; ++i) {
    EXPECT_TRUE(h[i].equal(h[0]));
    EXPECT_TRUE(epsilon[i].equal(epsilon[0]));
  }
}

TEST_F(Concurrency, OneBottleneckIsDecodedInManyThreads) {
  const GoldenCase golden("avatars");
  const UNet unet(golden.directory, at::kFloat, at::kCPU, golden.variant);
  const Bottleneck bottleneck = golden.encode(unet, InjectionPoint::kMiddle);
  std::vector<at::Tensor> deltas, alone;
  for (int i = 0; i < kThreads; ++i) {
    deltas.push_back(golden["delta_middle"] * i);
    alone.push_back(unet.decode(bottleneck, deltas.back()));
  }
  EXPECT_EQ(failures([&](int thread, int) {
              return unet.decode(bottleneck, deltas[thread]).equal(alone[thread]);
            }),
            0);
}

TEST_F(Concurrency, OneLinearizedDecoderServesManyThreads) {
  const GoldenCase golden("avatars");
  const UNet unet(golden.directory, at::kFloat, at::kCPU, golden.variant);
  const Bottleneck bottleneck = golden.encode(unet, InjectionPoint::kAfter);
  const LinearizedDecoder decoder(unet, bottleneck);
  const int64_t n = bottleneck.batch();
  const at::Tensor rows = at::arange(n, at::kLong);
  const at::Tensor v = at::randn(bottleneck.h.sizes());
  const at::Tensor u = at::randn(golden["eps"].sizes());
  const at::Tensor jvp = decoder.jvp(v, rows), vjp = decoder.vjp(u, rows);
  EXPECT_EQ(failures([&](int thread, int) {
              return thread % 2 == 0 ? decoder.jvp(v, rows).equal(jvp)
                                     : decoder.vjp(u, rows).equal(vjp);
            }),
            0);
}

TEST_F(Concurrency, OneSamplerServesManyThreads) {
  const Sampler sampler(tiny_model());  // opened here: what is found on first use, is found in one
  SamplingOptions options;
  options.steps = 3;
  std::vector<at::Tensor> first(kThreads);
  const auto sample = [&](int thread, int round) {
    const Trajectory found = sampler.sample({1, 2}, options);
    const at::Tensor again = sampler.decode(found, {0, 1}, nullptr, InjectionPoint::kAfter, 2);
    if (round == 0) first[thread] = found.x_0();
    return again.equal(found.x_0()) && found.x_0().equal(first[thread]);
  };
  EXPECT_EQ(failures(sample), 0);
  for (int i = 1; i < kThreads; ++i) EXPECT_TRUE(first[i].equal(first[0]));
}

TEST_F(Concurrency, FilesAreWrittenAndReadInManyThreads) {
  const auto write = [&](const std::string& name, double value) {
    SafetensorsWriter writer(path(name));
    writer.declare("x", at::kFloat, {3, 5});
    writer.write("x", at::full({3, 5}, value));
    writer.finish();
  };
  write("shared", 7);
  const SafetensorsFile shared(path("shared"));
  EXPECT_EQ(failures([&](int thread, int round) {
              const double value = kRounds * thread + round;
              const std::string own = "own-" + std::to_string(thread);
              write(own, value);
              const at::Tensor read = SafetensorsFile(path(own)).tensor("x");
              return read.eq(value).all().item<bool>() &&
                     shared.tensor("x").eq(7).all().item<bool>();
            }),
            0);
}

// The last one to finish gives the file its contents, whole.
TEST_F(Concurrency, WritersOfOneNameDoNotMix) {
  EXPECT_EQ(failures([&](int thread, int round) {
              SafetensorsWriter writer(path("same"));
              writer.declare("x", at::kFloat, {64, 64});
              writer.write("x", at::full({64, 64}, double(kRounds * thread + round)));
              writer.finish();
              const at::Tensor read = SafetensorsFile(path("same")).tensor("x");
              return read.eq(read[0][0]).all().item<bool>();
            }),
            0);
  EXPECT_EQ(listing(), std::vector<std::string>{"same"});
}

}  // namespace
}  // namespace hspace::test
