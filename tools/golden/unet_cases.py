"""The tiny UNet2DModel configurations of the golden files: one dict of config.json keys a case.

Every case is a published architecture shrunk to a few channels, or one option of UNet2DModel that changes the arithmetic.
Widths are chosen so that the GroupNorm groups of some up blocks straddle the boundary between the incoming activation and
the skip they are concatenated with, and those of others do not.
"""

DOWN, ATTN_DOWN, UP, ATTN_UP = "DownBlock2D", "AttnDownBlock2D", "UpBlock2D", "AttnUpBlock2D"

# Two levels, attention at the lower one: the base of every case that is about a single option.
SMALL = dict(
    sample_size=6,
    in_channels=3,
    out_channels=3,
    block_out_channels=(4, 6),
    layers_per_block=1,
    down_block_types=(DOWN, ATTN_DOWN),
    up_block_types=(ATTN_UP, UP),
    norm_num_groups=2,
    attention_head_dim=3,
)

CASES = {
    # google/ddpm-cifar10-32: 4 levels, attention at the second, asymmetric padding, sine first, frequency shift 1.
    "cifar10": dict(
        sample_size=16,
        in_channels=3,
        out_channels=3,
        block_out_channels=(4, 4, 8, 8),
        layers_per_block=2,
        down_block_types=(DOWN, ATTN_DOWN, DOWN, DOWN),
        up_block_types=(UP, UP, ATTN_UP, UP),
        norm_num_groups=4,
        norm_eps=1e-6,
        attention_head_dim=None,
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
        mid_block_scale_factor=1,
    ),
    # google/ddpm-ema-celebahq-256 (church, bedroom and cat alike): 6 levels, attention at the fifth.
    "celebahq256": dict(
        sample_size=32,
        in_channels=1,
        out_channels=1,
        block_out_channels=(4, 4, 4, 4, 6, 6),
        layers_per_block=2,
        down_block_types=(DOWN, DOWN, DOWN, DOWN, ATTN_DOWN, DOWN),
        up_block_types=(UP, ATTN_UP, UP, UP, UP, UP),
        norm_num_groups=2,
        norm_eps=1e-6,
        attention_head_dim=None,
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
    ),
    # The U-Net of CompVis/ldm-celebahq-256: attention at the last three of four levels, several heads.
    "ldm_celebahq": dict(
        sample_size=8,
        in_channels=3,
        out_channels=3,
        block_out_channels=(4, 4, 8, 8),
        layers_per_block=2,
        down_block_types=(DOWN, ATTN_DOWN, ATTN_DOWN, ATTN_DOWN),
        up_block_types=(ATTN_UP, ATTN_UP, ATTN_UP, UP),
        norm_num_groups=2,
        attention_head_dim=4,
        downsample_padding=1,
        flip_sin_to_cos=True,
        freq_shift=0,
    ),
    # The shipped model, models/avatars-64: 5 levels of one layer, attention below the second.
    "avatars": dict(
        sample_size=16,
        in_channels=3,
        out_channels=3,
        block_out_channels=(4, 4, 8, 8, 12),
        layers_per_block=1,
        down_block_types=(DOWN, DOWN, ATTN_DOWN, ATTN_DOWN, ATTN_DOWN),
        up_block_types=(ATTN_UP, ATTN_UP, ATTN_UP, UP, UP),
        norm_num_groups=2,
        attention_head_dim=4,
    ),
    "fourier": SMALL | dict(time_embedding_type="fourier"),
    "scale_shift": SMALL | dict(resnet_time_scale_shift="scale_shift", norm_eps=1e-4),
    # Without groups of its own the mid block's attention has no GroupNorm under scale_shift; with them it has one.
    "attention_groups": SMALL | dict(resnet_time_scale_shift="scale_shift", attn_norm_num_groups=3),
    "mid_block_scale": SMALL | dict(mid_block_scale_factor=2**0.5),
    "no_mid_attention": SMALL | dict(add_attention=False, time_embedding_dim=12, freq_shift=1),
    "center_input": SMALL | dict(center_input_sample=True),
    "head_dim_null": SMALL | dict(attention_head_dim=None, layers_per_block=2),
    "non_square": SMALL | dict(sample_size=(4, 10), in_channels=1, out_channels=2),
    # A learned variance after ε, as guided-diffusion and its family have it.
    "learned_variance": SMALL | dict(out_channels=6),
    # The forms in which weights are stored.
    "old_attention_names": dict(SMALL),
    "float16_variant": dict(SMALL),
    "bfloat16": dict(SMALL),
    "sharded": dict(SMALL),
}

# Cases whose golden files also hold Jacobian products.
DERIVATIVES = ("ldm_celebahq", "scale_shift", "mid_block_scale")
