#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hspace/export.h"

namespace hspace HSPACE_API {

// The configuration of diffusers' AutoencoderKL or VQModel: same names, same defaults (diffusers
// 0.36).
struct AutoencoderConfig {
  // Latents of a VQModel are looked up in a table before they are decoded.
  struct Codebook {
    int64_t entries = 256;  // num_vq_embeddings
    int64_t width = 3;      // vq_embed_dim
  };

  int64_t in_channels = 3;   // of pictures that are encoded
  int64_t out_channels = 3;  // of pictures that are decoded
  // Channels of each level, outermost first; each level but the last halves the picture.
  std::vector<int64_t> block_out_channels = {64};
  // Residual blocks of an encoder level; a decoder level has one more.
  int64_t layers_per_block = 1;
  // Channels of the encoder's mean, before quant_conv.
  int64_t latent_channels = 4;
  int64_t norm_num_groups = 32;
  // Height and width of the pictures that it was trained on, in pixels.
  int64_t sample_size = 32;
  // Latents of the U-Net are (z - mean) * scaling_factor / std of this model's z, channel by
  // channel; shift_factor is a mean of all channels alike.
  double scaling_factor = 0.18215;
  std::vector<double> latents_mean;  // empty, or as many as latents have channels
  std::vector<double> latents_std;   // likewise
  bool use_quant_conv = true;
  bool use_post_quant_conv = true;
  bool mid_block_add_attention = true;
  std::optional<Codebook> codebook;  // present in a VQModel

  // Remarks that do not stop loading, one sentence each.
  std::vector<std::string> warnings;

  // Reads a config.json. What does not fit or is not implemented is an Error naming file, key,
  // found and allowed values.
  static AutoencoderConfig load(const std::string& config_json_path);

  // What decides the network's function, as understood, in one text; see
  // UNetConfig::canonical_json.
  std::string canonical_json() const;

  // Pixels of a picture for one of its latents, along either axis.
  int64_t factor() const { return int64_t{1} << (block_out_channels.size() - 1); }
  // Channels of the latents that a U-Net sees.
  int64_t channels() const { return codebook ? codebook->width : latent_channels; }
};

// diffusers' AutoencoderKL or VQModel: pictures to the latents that a U-Net works on, and back.
//
// On the CPU in float32 and bfloat16 it runs on prepacked convolutions and our own kernels, else on
// plain ATen operators; no autograd graph is recorded. Pictures and latents are float64 for a
// float64 model, else float32. Const methods may be called from several threads.
class Autoencoder {
 public:
  // directory: a diffusers vae/ or vqvae/ directory; the rest as for UNet. Error when the
  // configuration or the weights do not fit.
  Autoencoder(const std::string& directory, at::ScalarType dtype, at::Device device,
              const std::string& variant = "");

  const AutoencoderConfig& config() const;
  int64_t parameters() const;
  std::vector<std::string> weight_files() const;
  // As UNet::hash().
  std::string hash() const;
  at::ScalarType dtype() const;
  at::ScalarType io_dtype() const;
  at::Device device() const;

  // pictures (B, in_channels, H, W) in [-1, 1], H and W multiples of factor() → latents (B,
  // channels(), H / factor(), W / factor()), scaled as the U-Net takes them. Of an AutoencoderKL
  // this is the mean of its distribution; of a VQModel what was not looked up yet.
  //
  // tile: 0, or the side of the tiles, in latents, a multiple of 4 and at least 8. A picture larger
  // than one tile is then encoded in tiles that overlap by a quarter and are blended there, as
  // diffusers does it: memory is one tile's, and the result differs, because normalisation is each
  // tile's own.
  at::Tensor encode(const at::Tensor& pictures, int64_t tile = 0) const;

  // latents as encode() returns them → pictures (B, out_channels, H, W), about [-1, 1], not clipped
  at::Tensor decode(const at::Tensor& latents, int64_t tile = 0) const;

  // The same on the plain ATen operators, whatever the device and precision.
  at::Tensor reference_encode(const at::Tensor& pictures) const;
  at::Tensor reference_decode(const at::Tensor& latents) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace hspace
