#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hspace/export.h"

namespace hspace HSPACE_API {

enum class TimeEmbeddingType { kPositional, kFourier };
enum class DownBlockType { kDownBlock2D, kAttnDownBlock2D, kCrossAttnDownBlock2D };
enum class UpBlockType { kUpBlock2D, kAttnUpBlock2D, kCrossAttnUpBlock2D };
enum class ResampleType { kConv, kResnet };
enum class TimeScaleShift { kDefault, kScaleShift };

// How class labels enter the time embedding.
enum class ClassEmbedding {
  kNone,
  kTable,     // a learned vector for each of num_class_embeds classes
  kTimestep,  // the label embedded as timesteps are
};

// What a UNet2DConditionModel has that a UNet2DModel has not: transformers that read a text. Lists
// have an entry for each level, outermost first.
//
// Not kept, because they leave the function as it is: use_linear_projection (linear layers and 1x1
// convolutions are the same numbers) and upcast_attention (attention is computed in float32 at
// least).
struct TransformerConfig {
  // SDXL's additional embedding of a pooled text and of sizes in pixels.
  struct TextTime {
    // Width of the embedding of each size; diffusers' addition_time_embed_dim.
    int64_t time_width = 0;
    // Width of pooled text and embedded sizes together; diffusers'
    // projection_class_embeddings_input_dim.
    int64_t inputs = 0;
  };

  // Width D of the text's hidden states.
  int64_t cross_attention_dim = 1280;
  // Attention heads; config.json calls them "attention_head_dim", a misnomer that diffusers keeps.
  std::vector<int64_t> heads;
  // Transformer blocks behind a residual block; diffusers' transformer_layers_per_block.
  std::vector<int64_t> layers;
  // Whether the first attention of a transformer block reads the text too, instead of the image.
  std::vector<bool> only_cross_attention;
  std::optional<TextTime> text_time;
};

// The configuration of diffusers' UNet2DModel or UNet2DConditionModel: same names, same defaults
// (diffusers 0.36). The defaults below are UNet2DModel's.
struct UNetConfig {
  // Height and width of the images (or latents) that the model was trained on, in pixels; absent
  // when not recorded.
  std::optional<std::array<int64_t, 2>> sample_size;
  // Channels C of the noisy input.
  int64_t in_channels = 3;
  // Channels of the output: as many as come in, or twice as many where the variance is learned.
  int64_t out_channels = 3;
  // Maps an input in [0, 1] to [-1, 1] first.
  bool center_input_sample = false;
  // How the timestep is embedded.
  TimeEmbeddingType time_embedding_type = TimeEmbeddingType::kPositional;
  // Width of the time embedding; absent: 4 * block_out_channels[0].
  std::optional<int64_t> time_embedding_dim;
  // Offset in the denominator of the positional frequencies' exponent.
  double freq_shift = 0;
  // Whether the positional embedding is [cos, sin] instead of [sin, cos].
  bool flip_sin_to_cos = true;
  // The encoder's blocks, outermost (highest resolution) first.
  std::vector<DownBlockType> down_block_types = {
      DownBlockType::kDownBlock2D, DownBlockType::kAttnDownBlock2D, DownBlockType::kAttnDownBlock2D,
      DownBlockType::kAttnDownBlock2D};
  // The decoder's blocks, innermost (lowest resolution) first.
  std::vector<UpBlockType> up_block_types = {UpBlockType::kAttnUpBlock2D,
                                             UpBlockType::kAttnUpBlock2D,
                                             UpBlockType::kAttnUpBlock2D, UpBlockType::kUpBlock2D};
  // Channels of each level, outermost first; the last is the bottleneck's c.
  std::vector<int64_t> block_out_channels = {224, 448, 672, 896};
  // Residual blocks of an encoder block; a decoder block has one more.
  int64_t layers_per_block = 2;
  // The mid block's residual sums are divided by this.
  double mid_block_scale_factor = 1;
  // Padding of the strided convolutions: 1 on all sides, or 0 for one row and column at the end
  // only.
  int64_t downsample_padding = 1;
  // How a level is halved, and doubled again.
  ResampleType downsample_type = ResampleType::kConv;
  ResampleType upsample_type = ResampleType::kConv;
  // Channels of an attention head; absent: one head of all channels.
  std::optional<int64_t> attention_head_dim = 8;
  // Groups of every group normalisation.
  int64_t norm_num_groups = 32;
  // Groups of the mid block's attention; absent: norm_num_groups, or no normalisation there with
  // scale_shift.
  std::optional<int64_t> attn_norm_num_groups;
  // Added to the variance in every group normalisation.
  double norm_eps = 1e-5;
  // Whether residual blocks add the time embedding, or scale and shift by it.
  TimeScaleShift resnet_time_scale_shift = TimeScaleShift::kDefault;
  // Whether the mid block has attention.
  bool add_attention = true;
  // How class labels are embedded, and how many classes a table has.
  ClassEmbedding class_embedding = ClassEmbedding::kNone;
  int64_t num_class_embeds = 0;
  // Present in a UNet2DConditionModel, whose attention they describe: attention_head_dim,
  // attn_norm_num_groups and add_attention are UNet2DModel's alone.
  std::optional<TransformerConfig> transformers;

  // Remarks that do not stop loading: keys that this version does not know, one sentence each.
  std::vector<std::string> warnings;

  // Reads a config.json. A value of the wrong type or range, a choice that is not implemented, or
  // lists and channels that do not fit one another are an Error naming file, key, found and allowed
  // values. Keys
  // that begin with "_" and settings of training (dropout) are ignored; unknown keys are noted in
  // `warnings`, because newer diffusers releases add some.
  static UNetConfig load(const std::string& config_json_path);

  // Whether the output holds a variance after the predicted noise (guided-diffusion and its
  // family). Sampling has no use for it: UNet returns the noise alone.
  bool learned_variance() const { return out_channels == 2 * in_channels; }

  // What decides the network's function, as understood, in one text whatever the file's order,
  // defaults and unknown keys: the fields above without sample_size, under diffusers' names,
  // sorted, without blanks; absent ones are null or, where they have one, the value they stand for.
  // What only some models have (class embeddings, transformers) is only in the text of those.
  // Numbers are decimals without exponent, of the fewest digits that read back as the same double.
  std::string canonical_json() const;

  // Width of the time embedding.
  int64_t time_embed_dim() const;
  // Attention heads of a UNet2DModel's block with this many channels.
  int64_t attention_heads(int64_t channels) const;
};

}  // namespace hspace
