#include "hspace/model.h"

#include <ATen/ops/cat.h>

#include <mutex>
#include <optional>
#include <utility>

#include "files/mapped_file.h"
#include "files/sha256.h"
#include "hspace/error.h"
#include "pipeline/finite.h"

namespace hspace {

namespace {

// SDXL's sizes: height and width of the original, top and left of the crop, height and width aimed
// at.
constexpr int64_t kSizes = 6;

// Of the contents of files, one after the other; their names do not matter.
std::string sha256_of_files(const std::vector<std::string>& paths) {
  Sha256 hash;
  for (const std::string& path : paths) {
    const MappedFile file(path);
    hash.update(file.data(), file.size());
  }
  return hash.finish();
}

// A picture takes an autoencoder as much memory as hundreds of latents take the U-Net.
template <typename Stage>
at::Tensor one_by_one(const at::Tensor& rows, const Stage& stage) {
  std::vector<at::Tensor> each;  // (1, C, H, W)
  for (const at::Tensor& row : rows.split(1)) each.push_back(stage(row));
  return at::cat(each);
}

// Passes on what an autoencoder made.
at::Tensor finite(const at::Tensor& made, const std::string& autoencoder) {
  if (all_finite(made)) return made;
  throw Error(autoencoder + ": what it makes is not finite: " + not_finite_text(made) +
              "; likely causes: damaged weights, or numbers beyond the type that it computes in "
              "(--dtype float64 may help)");
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
    load_codec();
    load_text_encoders();
    warn();
    if (!unet.config().sample_size) {
      throw FileError(unet_config() +
                      ": sample_size: expected a size or [height, width], found nothing");
    }
  }

  std::string unet_config() const { return parts.unet + "/config.json"; }
  void load_codec();
  void load_text_encoders();
  void warn();

  const std::string directory;
  const ModelOptions options;
  const ModelDirectory parts;
  const SchedulerConfig scheduler;
  const NoiseSchedule schedule;
  const UNet unet;
  std::optional<Autoencoder> autoencoder;
  std::vector<TextEncoder> text_encoders;
  std::vector<std::string> warnings;

  // What takes time is found on first use.
  mutable std::mutex mutex;
  mutable std::optional<std::string> hash;
  mutable std::optional<std::string> hash_of_files;
  mutable std::optional<std::string> text_hash;
};

void Model::State::load_codec() {
  if (parts.autoencoder.empty()) return;
  autoencoder.emplace(parts.autoencoder, options.dtype, options.device, options.variant);
  const int64_t expected = unet.config().in_channels, found = autoencoder->config().channels();
  if (expected == found) return;
  throw FileError(parts.autoencoder + ": expected latents of " + std::to_string(expected) +
                  " channels, as " + parts.unet + " has them, found " + std::to_string(found));
}

void Model::State::load_text_encoders() {
  const auto& reads = unet.config().transformers;
  if (!reads) return;
  if (parts.text_encoders.empty()) {
    throw FileError(parts.root + ": its U-Net reads texts, but it has no text_encoder/");
  }
  int64_t width = 0, pooled = 0;
  for (const std::string& place : parts.text_encoders) {
    text_encoders.emplace_back(place, options.dtype, options.device, options.variant);
    const TextEncoderConfig& config = text_encoders.back().config();
    width += config.hidden_size;
    pooled = config.projection_dim;
    if (reads->text_time && &place == &parts.text_encoders.back() && !config.with_projection)
      throw FileError(place + ": expected a CLIPTextModelWithProjection, found a CLIPTextModel");
  }
  if (width != reads->cross_attention_dim) {
    throw FileError(parts.root + ": text_encoder: expected hidden states of " +
                    std::to_string(reads->cross_attention_dim) + " numbers, as " + parts.unet +
                    " reads them, found " + std::to_string(width));
  }
  if (!reads->text_time) return;
  const int64_t asked = reads->text_time->inputs - kSizes * reads->text_time->time_width;
  if (asked == pooled) return;
  throw FileError(parts.text_encoders.back() + ": projection_dim: expected " +
                  std::to_string(asked) + ", as " + parts.unet + " reads it, found " +
                  std::to_string(pooled));
}

void Model::State::warn() {
  const auto add = [&](const std::vector<std::string>& some) {
    warnings.insert(warnings.end(), some.begin(), some.end());
  };
  add(parts.warnings);
  add(unet.warnings());
  if (autoencoder) add(autoencoder->config().warnings);
  for (const TextEncoder& encoder : text_encoders) add(encoder.config().warnings);
}

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

// The mid block keeps what the last level has: no network pass needs to be asked.
std::array<int64_t, 3> Model::bottleneck_shape(InjectionPoint) const {
  const UNetConfig& config = unet().config();
  const int64_t factor = int64_t{1} << (config.block_out_channels.size() - 1);
  const auto [channels, height, width] = sample_shape();
  if (height % factor != 0 || width % factor != 0) {
    throw FileError(state_->unet_config() + ": sample_size: expected multiples of " +
                    std::to_string(factor) + ", found " + std::to_string(height) + " x " +
                    std::to_string(width));
  }
  return {config.block_out_channels.back(), height / factor, width / factor};
}

const Autoencoder* Model::autoencoder() const {
  return state_->autoencoder ? &*state_->autoencoder : nullptr;
}

const std::vector<TextEncoder>& Model::text_encoders() const { return state_->text_encoders; }

std::array<int64_t, 3> Model::picture_shape() const {
  const auto [channels, height, width] = sample_shape();
  if (autoencoder() == nullptr) return {channels, height, width};
  const AutoencoderConfig& config = autoencoder()->config();
  return {config.out_channels, height * config.factor(), width * config.factor()};
}

at::Tensor Model::pictures(const at::Tensor& samples, int64_t tile) const {
  if (autoencoder() == nullptr) return samples;
  return one_by_one(samples, [&](const at::Tensor& one) {
    return finite(autoencoder()->decode(state(one), tile).to(at::kCPU, state_dtype()),
                  parts().autoencoder);
  });
}

at::Tensor Model::samples(const at::Tensor& pictures, int64_t tile) const {
  if (autoencoder() == nullptr) return pictures;
  return one_by_one(pictures, [&](const at::Tensor& one) {
    return finite(autoencoder()->encode(state(one), tile).to(at::kCPU, state_dtype()),
                  parts().autoencoder);
  });
}

at::ScalarType Model::state_dtype() const { return unet().io_dtype(); }

at::Tensor Model::state(const at::Tensor& t) const { return t.to(unet().device(), state_dtype()); }

bool Model::learned_variance() const { return unet().config().learned_variance(); }
const std::vector<std::string>& Model::warnings() const { return state_->warnings; }

std::string Model::hash() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  if (!state_->hash) state_->hash = unet().hash();
  return *state_->hash;
}

std::optional<std::string> Model::text_hash() const {
  if (text_encoders().empty()) return {};
  const std::lock_guard<std::mutex> lock(state_->mutex);
  if (!state_->text_hash) {
    std::string all;
    for (const TextEncoder& encoder : text_encoders()) all += encoder.hash() + "\n";
    state_->text_hash = Sha256::of(all.data(), all.size());
  }
  return state_->text_hash;
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
