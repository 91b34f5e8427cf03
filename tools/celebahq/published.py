"""The U-Net and noise schedule of published checkpoints, as their config.json files have them."""

from dataclasses import dataclass

DOWN, ATTN_DOWN, UP, ATTN_UP = "DownBlock2D", "AttnDownBlock2D", "UpBlock2D", "AttnUpBlock2D"

# All of google/ddpm-*, Ho et al. 2020 carried over from the original weights.
DDPM = dict(
    in_channels=3,
    out_channels=3,
    layers_per_block=2,
    norm_num_groups=32,
    norm_eps=1e-6,
    attention_head_dim=None,
    downsample_padding=0,
    flip_sin_to_cos=False,
    freq_shift=1,
    mid_block_scale_factor=1,
)


@dataclass(frozen=True)
class Checkpoint:
    repository: str
    parameters: int  # of the U-Net
    unet: dict
    scheduler: dict


LINEAR = dict(beta_start=0.0001, beta_end=0.02, beta_schedule="linear")

CHECKPOINTS = {
    # google/ddpm-ema-{church,bedroom,cat}-256 and their plain twins have the same U-Net.
    "celebahq-256": Checkpoint(
        "google/ddpm-ema-celebahq-256",
        113_673_219,
        DDPM
        | dict(
            sample_size=256,
            block_out_channels=(128, 128, 256, 256, 512, 512),
            down_block_types=(DOWN, DOWN, DOWN, DOWN, ATTN_DOWN, DOWN),
            up_block_types=(UP, ATTN_UP, UP, UP, UP, UP),
        ),
        LINEAR,
    ),
    "cifar10-32": Checkpoint(
        "google/ddpm-cifar10-32",
        35_746_307,
        DDPM
        | dict(
            sample_size=32,
            block_out_channels=(128, 256, 256, 256),
            down_block_types=(DOWN, ATTN_DOWN, DOWN, DOWN),
            up_block_types=(UP, UP, ATTN_UP, UP),
        ),
        LINEAR,
    ),
    # A latent model: x is the latent (3, 64, 64) of an image of 256 x 256.
    "ldm-celebahq-256": Checkpoint(
        "CompVis/ldm-celebahq-256",
        274_056_163,
        dict(
            sample_size=64,
            in_channels=3,
            out_channels=3,
            layers_per_block=2,
            block_out_channels=(224, 448, 672, 896),
            down_block_types=(DOWN, ATTN_DOWN, ATTN_DOWN, ATTN_DOWN),
            up_block_types=(ATTN_UP, ATTN_UP, ATTN_UP, UP),
            norm_num_groups=32,
            norm_eps=1e-5,
            attention_head_dim=32,
            downsample_padding=1,
            flip_sin_to_cos=True,
            freq_shift=0,
            mid_block_scale_factor=1,
        ),
        dict(beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear"),
    ),
}
