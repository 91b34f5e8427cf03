// Handles of the C API in the hands of many threads, also of some that free them meanwhile.
// tools/sanitize runs this under ThreadSanitizer.

#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "test/capi_fixture.h"

namespace hspace::test {
namespace {

constexpr int kThreads = 4;

// Runs `work(thread)` in each of the threads.
void in_threads(int threads, const std::function<void(int)>& work) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&work, i] {
      at::set_num_threads(1);  // of this thread's operators: the threads are ours here
      work(i);
    });
  }
  for (std::thread& thread : running) thread.join();
}

class CApiConcurrency : public CApiFixture {
 protected:
  // A face, edited.
  std::vector<float> edited(const hspace_model* with, const hspace_trajectory* of,
                            const hspace_direction* along) const {
    const hspace_edit_term term = {along, 1, 0, 1};
    const hspace_edit_column column = {&term, 1};
    std::vector<float> image(kImage);
    expect_ok(
        hspace_edit(with, of, &column, 1, nullptr, nullptr, nullptr, image.data(), image.size()));
    return image;
  }
};

TEST_F(CApiConcurrency, OneModelServesManyThreads) {
  const auto trajectory = sampled({1});
  const auto up = direction("up");
  const std::vector<float> alone = edited(model.get(), trajectory.get(), up.get());
  const int64_t timestep = 500;
  const at::Tensor x = at::randn({1, 3, 16, 16});
  const auto bottleneck = made<OwnedBottleneck>([&](auto out) {
    return hspace_encode(model.get(), x.const_data_ptr<float>(), &timestep, 1, HSPACE_AFTER,
                         nullptr, out);
  });
  std::vector<float> decoded_alone(kImage);
  expect_ok(hspace_decode(bottleneck.get(), nullptr, 1, decoded_alone.data(), kImage));
  in_threads(kThreads, [&](int) {
    for (int round = 0; round < 3; ++round) {
      EXPECT_EQ(edited(model.get(), trajectory.get(), up.get()), alone);
      EXPECT_EQ(hspace_model_direction_count(model.get()), 2u);
      EXPECT_NE(hspace_trajectory_provenance(trajectory.get()), nullptr);
      std::vector<float> epsilon(kImage);
      expect_ok(hspace_decode(bottleneck.get(), nullptr, 1, epsilon.data(), kImage));
      EXPECT_EQ(epsilon, decoded_alone);
    }
  });
}

// Threads edit with the model, the trajectory and the direction that they are handed; then one of
// them frees all three, in the middle of the others' calls. Each call either works, with the right
// picture, or says that its handle was freed.
TEST_F(CApiConcurrency, FreeingWhatIsInUse) {
  const std::vector<float> alone = edited(model.get(), sampled({1}).get(), direction("up").get());
  constexpr int kRounds = 4;
  std::atomic<int> worked = 0, refused = 0;
  for (int round = 0; round < kRounds; ++round) {
    hspace_model* shared = nullptr;
    expect_ok(hspace_model_open(directory.c_str(), nullptr, &shared));
    hspace_trajectory* trajectory = sampled({1}).release();
    hspace_direction* up = direction("up").release();
    const hspace_edit_term term = {up, 1, 0, 1};
    const hspace_edit_column column = {&term, 1};
    std::atomic<int> begun = 0;
    in_threads(kThreads, [&](int thread) {
      if (thread == 0) {
        while (begun < 2 * (kThreads - 1)) std::this_thread::yield();
        hspace_direction_free(up);
        hspace_trajectory_free(trajectory);
        hspace_model_free(shared);
        return;
      }
      for (hspace_status status = HSPACE_OK; status == HSPACE_OK;) {
        std::vector<float> image(kImage);
        ++begun;
        status = hspace_edit(shared, trajectory, &column, 1, nullptr, nullptr, nullptr,
                             image.data(), image.size());
        if (status == HSPACE_OK) {
          EXPECT_EQ(image, alone);
          ++worked;
        } else {
          expect_status(HSPACE_ARGUMENT, status,
                        {"expected an open one, found one that was freed"});
          ++refused;
        }
      }
    });
  }
  EXPECT_GE(worked, kRounds * (kThreads - 1));
  EXPECT_EQ(refused, kRounds * (kThreads - 1));
}

// Bottlenecks and what is linearised at them are passed on to whoever comes next and freed by many
// at once, while others decode.
TEST_F(CApiConcurrency, FreeingTwice) {
  const at::Tensor x = at::randn({1, 3, 16, 16});
  const int64_t timestep = 500;
  constexpr int kHandles = 8;
  std::vector<std::atomic<hspace_bottleneck*>> shared(kHandles);
  for (auto& handle : shared) {
    handle = made<OwnedBottleneck>([&](auto out) {
               return hspace_encode(model.get(), x.const_data_ptr<float>(), &timestep, 1,
                                    HSPACE_AFTER, nullptr, out);
             }).release();
  }
  std::vector<float> alone(kImage);
  expect_ok(hspace_decode(shared[0], nullptr, 1, alone.data(), kImage));
  in_threads(kThreads, [&](int thread) {
    std::mt19937 random(static_cast<unsigned>(thread));
    for (int round = 0; round < 60; ++round) {
      std::atomic<hspace_bottleneck*>& slot = shared[random() % kHandles];
      hspace_bottleneck* const handle = slot;
      switch (random() % 4) {
        case 0:
          hspace_bottleneck_free(handle);
          break;
        case 1: {
          hspace_bottleneck* fresh = nullptr;
          expect_ok(hspace_encode(model.get(), x.const_data_ptr<float>(), &timestep, 1,
                                  HSPACE_AFTER, nullptr, &fresh));
          hspace_bottleneck_free(slot.exchange(fresh));
          break;
        }
        default: {
          std::vector<float> epsilon(kImage);
          const hspace_status status =
              hspace_decode(handle, nullptr, 1, epsilon.data(), epsilon.size());
          EXPECT_TRUE(status == HSPACE_OK || status == HSPACE_ARGUMENT) << hspace_last_error();
          if (status == HSPACE_OK) EXPECT_EQ(epsilon, alone);
        }
      }
    }
  });
  for (auto& handle : shared) hspace_bottleneck_free(handle);
}

// The table of handles under nothing but its own weight.
TEST_F(CApiConcurrency, ManyHandles) {
  const float numbers[kH] = {};
  const int64_t timestep = 500;
  in_threads(kThreads, [&](int thread) {
    std::vector<hspace_direction*> own;
    for (int i = 0; i < 500; ++i) {
      hspace_direction* made_one = nullptr;
      const std::string name = std::to_string(thread) + "-" + std::to_string(i);
      expect_ok(hspace_direction_create(model.get(), name.c_str(), HSPACE_AFTER, numbers, &timestep,
                                        1, &made_one));
      own.push_back(made_one);
      if (i % 3 == 0) {
        hspace_direction_free(own[static_cast<size_t>(i) / 2]);
        own[static_cast<size_t>(i) / 2] = nullptr;
      }
    }
    for (size_t i = 0; i < own.size(); ++i) {
      if (own[i] == nullptr) continue;
      EXPECT_EQ(hspace_direction_name(own[i]), std::to_string(thread) + "-" + std::to_string(i));
      hspace_direction_free(own[i]);
    }
  });
}

// Progress and injections run on the thread that called, and may call the library themselves.
TEST_F(CApiConcurrency, CallbacksMayCall) {
  struct Seen {
    const hspace_model* model;
    std::thread::id thread;
    int calls = 0;
  };
  const hspace_progress nested = [](int64_t, int64_t, void* user) {
    Seen& seen = *static_cast<Seen*>(user);
    EXPECT_EQ(std::this_thread::get_id(), seen.thread);
    int64_t shape[3];
    expect_ok(hspace_model_h_shape(seen.model, HSPACE_AFTER, shape));
    ++seen.calls;
    return true;
  };
  in_threads(2, [&](int) {
    Seen seen{model.get(), std::this_thread::get_id()};
    const int64_t seed = 2;
    auto params = defaults(hspace_sample_params_init);
    params.steps = 3;
    const auto trajectory = made<OwnedTrajectory>([&](auto out) {
      return hspace_sample(model.get(), &seed, 1, &params, nested, &seen, out);
    });
    EXPECT_GT(seen.calls, 0);
  });
}

}  // namespace
}  // namespace hspace::test
