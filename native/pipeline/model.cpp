#include "hspace/model.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "files/mapped_file.h"
#include "files/sha256.h"
#include "hspace/error.h"

namespace hspace {

namespace {

// Of the contents of files, one after the other; their names do not matter.
std::string sha256_of_files(const std::vector<std::string>& paths) {
  Sha256 hash;
  for (const std::string& path : paths) {
    const MappedFile file(path);
    hash.update(file.data(), file.size());
  }
  return hash.finish();
}

}  // namespace

struct Model::State {
  State(const std::string& given, const ModelOptions& chosen)
      : directory(given),
        options(chosen),
        parts(ModelDirectory::find(given)),
        scheduler(SchedulerConfig::load(parts.scheduler)),
        schedule(scheduler),
        unet(parts.unet, options.dtype, options.device, options.variant) {
    if (!unet.config().sample_size) {
      throw FileError(unet_config() +
                      ": sample_size: expected a size or [height, width], found nothing");
    }
  }

  std::string unet_config() const { return parts.unet + "/config.json"; }

  const std::string directory;
  const ModelOptions options;
  const ModelDirectory parts;
  const SchedulerConfig scheduler;
  const NoiseSchedule schedule;
  const UNet unet;

  // What takes time is found on first use.
  mutable std::mutex mutex;
  mutable std::optional<std::string> hash;
  mutable std::optional<std::string> hash_of_files;
  mutable std::map<InjectionPoint, std::array<int64_t, 3>> bottleneck_shapes;
};

Model::Model(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Model Model::open(const std::string& directory, const ModelOptions& options) {
  return Model(std::make_shared<const State>(directory, options));
}

const UNet& Model::unet() const { return state_->unet; }
const SchedulerConfig& Model::scheduler() const { return state_->scheduler; }
const NoiseSchedule& Model::schedule() const { return state_->schedule; }
const std::string& Model::directory() const { return state_->directory; }
const ModelDirectory& Model::parts() const { return state_->parts; }
const ModelOptions& Model::options() const { return state_->options; }

std::array<int64_t, 3> Model::sample_shape() const {
  const auto& [height, width] = *unet().config().sample_size;
  return {unet().config().in_channels, height, width};
}

std::array<int64_t, 3> Model::bottleneck_shape(InjectionPoint point) const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  const auto known = state_->bottleneck_shapes.find(point);
  if (known != state_->bottleneck_shapes.end()) return known->second;
  const auto [channels, height, width] = sample_shape();
  const at::Tensor x = at::zeros({1, channels, height, width}, state_dtype());
  const at::Tensor h = unet().encode(x, at::ones({1}, at::kLong), point).h;
  return state_->bottleneck_shapes[point] = {h.size(1), h.size(2), h.size(3)};
}

at::ScalarType Model::state_dtype() const { return unet().io_dtype(); }

at::Tensor Model::state(const at::Tensor& t) const { return t.to(unet().device(), state_dtype()); }

bool Model::learned_variance() const { return unet().config().learned_variance(); }
const std::vector<std::string>& Model::warnings() const { return unet().warnings(); }

std::string Model::hash() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  if (!state_->hash) state_->hash = unet().hash();
  return *state_->hash;
}

bool Model::has_hash(const std::string& other) const {
  if (other == hash()) return true;
  const std::lock_guard<std::mutex> lock(state_->mutex);
  if (!state_->hash_of_files) {
    std::vector<std::string> files = unet().weight_files();
    files.insert(files.begin(), state_->unet_config());
    state_->hash_of_files = sha256_of_files(files);
  }
  return other == *state_->hash_of_files;
}

}  // namespace hspace
