#include "hspace/autoencoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/tensor.h>

#include "files/sha256.h"
#include "hspace/error.h"
#include "kernels/expect.h"
#include "layers/device_check.h"
#include "layers/linear.h"
#include "networks/autoencoder/codebook.h"
#include "networks/autoencoder/coders.h"
#include "networks/autoencoder/tiles.h"

namespace hspace {
namespace {

// Every group normalisation of an autoencoder.
constexpr double kNormEps = 1e-6;

// A 1x1 convolution in the precision of latents, or none.
std::optional<Conv2d> load_quant_conv(const LayerLoader& loader, bool present,
                                      const std::string& key, int64_t in, int64_t out) {
  if (!present) return std::nullopt;
  return Conv2d::load(loader.weights, key, {in}, out, {1, 1, 0}, loader.placement, /*wide=*/true);
}

void check_tile(int64_t tile) {
  if (tile == 0 || (tile >= 8 && tile % 4 == 0)) return;
  throw Error("autoencoder: tile: expected 0 or a multiple of 4, at least 8, in latents, found " +
              std::to_string(tile));
}

// (B, channels, H, W), H and W multiples of `factor`
void check(const char* what, const at::Tensor& x, int64_t channels, int64_t factor) {
  if (x.defined() && x.dim() == 4 && x.size(0) > 0 && x.size(1) == channels && x.size(2) > 0 &&
      x.size(3) > 0 && x.size(2) % factor == 0 && x.size(3) % factor == 0 && x.is_floating_point())
    return;
  const std::string divisible =
      factor == 1 ? "" : " with H and W divisible by " + std::to_string(factor);
  throw Error(std::string("autoencoder: ") + what + ": expected (B, " + std::to_string(channels) +
              ", H, W)" + divisible + ", found " + describe(x));
}

}  // namespace

struct Autoencoder::State {
  State(const std::string& directory, const std::string& variant, const Placement& placement)
      : State(AutoencoderConfig::load(directory + "/config.json"), directory, variant, placement) {}

  State(AutoencoderConfig loaded, const std::string& directory, const std::string& variant,
        const Placement& placement)
      : config(std::move(loaded)),
        placement(placement),
        weights(directory, variant),
        loader{weights, this->placement, config.norm_num_groups, kNormEps, std::nullopt},
        encoder(loader, config),
        quant_conv(
            load_quant_conv(loader, config.codebook || config.use_quant_conv, "quant_conv",
                            config.codebook ? config.latent_channels : 2 * config.latent_channels,
                            config.codebook ? config.channels() : 2 * config.latent_channels)),
        post_quant_conv(load_quant_conv(loader, config.codebook || config.use_post_quant_conv,
                                        "post_quant_conv", config.channels(),
                                        config.latent_channels)),
        decoder(loader, config) {
    if (config.codebook)
      table = placement.place_wide(weights.take(
          "quantize.embedding.weight", {config.codebook->entries, config.codebook->width}));
    const std::vector<std::string> unused = weights.finish();
    config.warnings.insert(config.warnings.end(), unused.begin(), unused.end());
    const auto per_channel = [&](const std::vector<double>& values, double otherwise) {
      const at::Tensor all = at::tensor(values.empty() ? std::vector<double>{otherwise} : values,
                                        at::TensorOptions(at::kDouble));
      return all.to(placement.device, placement.wide()).view({1, -1, 1, 1});
    };
    mean = per_channel(config.latents_mean, 0);
    scale = per_channel(config.latents_std, 1) / config.scaling_factor;
  }

  Execution execution() const {
    return placement.fast() ? Execution::kFast : Execution::kReference;
  }

  // pictures → z before scaling
  at::Tensor encode(const at::Tensor& pictures, Execution execution) const {
    at::Tensor h = encoder.forward(pictures, execution);
    if (quant_conv) h = quant_conv->forward({h}, execution);
    return h.narrow(1, 0, config.channels());  // of a distribution the mean, in front of log σ²
  }

  // z, looked up where it has to be → pictures
  at::Tensor decode(const at::Tensor& z, Execution execution) const {
    at::Tensor h = z;
    if (post_quant_conv)
      h = post_quant_conv->forward({h.contiguous(at::MemoryFormat::ChannelsLast)}, execution);
    return decoder.forward(h, execution);
  }

  at::Tensor encode(const at::Tensor& pictures, int64_t tile, Execution execution) const {
    const int64_t factor = config.factor();
    check("pictures", pictures, config.in_channels, factor);
    check_tile(tile);
    const at::AutoDispatchBelowADInplaceOrView without_autograd;
    const at::Tensor x = pictures.to(placement.device, placement.wide());
    const auto apply = [&](const at::Tensor& part) { return encode(part, execution); };
    const bool whole = tile == 0 || (x.size(2) <= tile * factor && x.size(3) <= tile * factor);
    const at::Tensor z = whole ? apply(x) : in_tiles(x, {tile * factor, tile}, apply);
    return ((z - mean) / scale).contiguous();
  }

  at::Tensor decode(const at::Tensor& latents, int64_t tile, Execution execution) const {
    check("latents", latents, config.channels(), 1);
    check_tile(tile);
    const at::AutoDispatchBelowADInplaceOrView without_autograd;
    at::Tensor z = latents.to(placement.device, placement.wide()) * scale + mean;
    if (table.defined()) z = nearest_entries(z, table);
    const auto apply = [&](const at::Tensor& part) { return decode(part, execution); };
    const bool whole = tile == 0 || (z.size(2) <= tile && z.size(3) <= tile);
    const at::Tensor x = whole ? apply(z) : in_tiles(z, {tile, tile * config.factor()}, apply);
    return x.contiguous();
  }

  AutoencoderConfig config;
  const Placement placement;
  WeightMap weights;
  const LayerLoader loader;
  const PictureEncoder encoder;
  const std::optional<Conv2d> quant_conv, post_quant_conv;  // wide
  const PictureDecoder decoder;
  at::Tensor table;        // (entries, width) of a VQModel, wide
  at::Tensor mean, scale;  // (1, 1 or channels, 1, 1): z = latents * scale + mean
};

Autoencoder::Autoencoder(const std::string& directory, at::ScalarType dtype, at::Device device,
                         const std::string& variant)
    : state_(std::make_shared<const State>(directory, variant, checked_placement(dtype, device))) {}

const AutoencoderConfig& Autoencoder::config() const { return state_->config; }
int64_t Autoencoder::parameters() const { return state_->weights.parameters(); }
std::vector<std::string> Autoencoder::weight_files() const { return state_->weights.paths(); }

std::string Autoencoder::hash() const {
  const std::string text = state_->config.canonical_json() + "\n" + state_->weights.fingerprint();
  return Sha256::of(text.data(), text.size());
}

at::ScalarType Autoencoder::dtype() const { return state_->placement.dtype; }
at::ScalarType Autoencoder::io_dtype() const { return state_->placement.wide(); }
at::Device Autoencoder::device() const { return state_->placement.device; }

at::Tensor Autoencoder::encode(const at::Tensor& pictures, int64_t tile) const {
  return state_->encode(pictures, tile, state_->execution());
}

at::Tensor Autoencoder::decode(const at::Tensor& latents, int64_t tile) const {
  return state_->decode(latents, tile, state_->execution());
}

at::Tensor Autoencoder::reference_encode(const at::Tensor& pictures) const {
  return state_->encode(pictures, 0, Execution::kReference);
}

at::Tensor Autoencoder::reference_decode(const at::Tensor& latents) const {
  return state_->decode(latents, 0, Execution::kReference);
}

}  // namespace hspace
