// scheduler_config.json, and the noise schedule that follows from it.

#include "fuzz/target.h"
#include "hspace/noise_schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hspace::fuzz::Directory directory;
  const std::string path = directory.write("scheduler_config.json", data, size);
  return hspace::fuzz::read_or_refuse([&] {
    const hspace::SchedulerConfig config = hspace::SchedulerConfig::load(path);
    config.hash();
    config.not_applied(false);
    const hspace::NoiseSchedule schedule(config);
    schedule.prediction_type();
    schedule.lattice(int64_t{1});
    schedule.lattice(schedule.train_timesteps()).sigma(0, 1);
  });
}
