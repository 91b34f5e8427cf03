"""Writes native/test/golden/autoencoders/<case>/: tiny random autoencoders and what diffusers computes with them in float64.

Run from anywhere, with the versions of requirements.txt:  python tools/golden/make_autoencoders.py [case ...]
Each case is a diffusers vae/ or vqvae/ directory (config.json and weights) and golden.safetensors; README.md lists its tensors.
"""

import shutil
from pathlib import Path

import command
import torch
from diffusers import AutoencoderKL, VQModel
from safetensors.torch import save_file

GOLDEN = Path(__file__).resolve().parents[2] / "native" / "test" / "golden" / "autoencoders"
DOWN, UP = "DownEncoderBlock2D", "UpDecoderBlock2D"


def levels(*channels):
    return dict(
        block_out_channels=channels, down_block_types=(DOWN,) * len(channels), up_block_types=(UP,) * len(channels)
    )


KL = levels(4, 8) | dict(layers_per_block=1, norm_num_groups=2, latent_channels=2, sample_size=16)
VQ = levels(4, 6) | dict(layers_per_block=1, norm_num_groups=2, latent_channels=3, sample_size=16, num_vq_embeddings=11)
CASES = {
    # The autoencoder of Stable Diffusion, three levels of its four.
    "kl": (AutoencoderKL, KL | levels(4, 4, 8) | dict(layers_per_block=2, scaling_factor=0.18215)),
    # What later pipelines changed: no quant convolutions, no attention, a shift, more channels.
    "kl_plain": (
        AutoencoderKL,
        KL
        | dict(
            use_quant_conv=False,
            use_post_quant_conv=False,
            mid_block_add_attention=False,
            latent_channels=5,
            scaling_factor=1.5305,
            shift_factor=0.0609,
        ),
    ),
    # Latents normalised channel by channel.
    "kl_normalised": (
        AutoencoderKL,
        KL | dict(in_channels=1, out_channels=1, latents_mean=[0.3, -1.2], latents_std=[2.5, 0.4], scaling_factor=0.5),
    ),
    # CompVis/ldm-celebahq-256.
    "vq": (VQModel, VQ),
    "vq_options": (VQModel, VQ | dict(vq_embed_dim=2, mid_block_add_attention=False, scaling_factor=0.7)),
}
TILE = 8  # latents


def randomise(model, generator):
    """Random weights, none of them trivial, at which pictures and latents are of order one."""
    for name, p in model.state_dict().items():
        values = torch.randn(p.shape, generator=generator)
        if "norm" in name:
            p.copy_(0.3 * values + (1 if name.endswith("weight") else 0))
        elif name.endswith("bias"):
            p.copy_(0.1 * values)
        elif "quantize" in name:
            p.copy_(values)
        else:
            p.copy_(1.3 * values / p[0].numel() ** 0.5)


def scaling(config):
    """(mean, factor) with latents = (z - mean) * factor, (1, C, 1, 1)."""
    if config.get("latents_mean") is not None:
        mean, std = (torch.tensor(config[k], dtype=torch.float64).view(1, -1, 1, 1) for k in ("latents_mean", "latents_std"))
        return mean, config.scaling_factor / std
    return config.get("shift_factor") or 0, config.scaling_factor


def golden(model, generator):
    config = model.config
    kl = isinstance(model, AutoencoderKL)
    mean, factor = scaling(config)
    side = 2 ** (len(config.block_out_channels) - 1)
    pictures = torch.randn(2, config.in_channels, 4 * side, 6 * side, generator=generator).double()
    encoded = model.encode(pictures)
    z = encoded.latent_dist.mode() if kl else encoded.latents
    out = {"pictures": pictures, "latents": (z - mean) * factor}
    # Latents that are not those of a picture, too, as a sampler makes them.
    latents = torch.randn(z.shape, generator=generator).double() * (factor if kl else 1)
    if not kl:
        check_gap(model, latents / factor)
    out |= {"z_latents": latents, "decoded": model.decode(latents / factor + mean).sample}
    if kl:
        model.enable_tiling()
        model.tile_latent_min_size, model.tile_sample_min_size = TILE, TILE * side
        large = torch.randn(1, z.shape[1], 2 * TILE + 3, 2 * TILE - 2, generator=generator).double()
        out |= {"large_latents": large, "tiled_decoded": model.decode(large / factor + mean).sample}
        pictures = torch.randn(1, config.in_channels, (TILE + 5) * side, TILE * side, generator=generator).double()
        tiled = model.encode(pictures).latent_dist.mode()
        out |= {"large_pictures": pictures, "tiled_latents": (tiled - mean) * factor}
    return {name: tensor.contiguous() for name, tensor in out.items()}


def check_gap(model, z):
    """No position is so near to two entries that rounding to float32 could change which is nearer."""
    table = model.quantize.embedding.weight
    distances = torch.cdist(z.permute(0, 2, 3, 1).reshape(-1, z.shape[1]), table).sort(dim=1).values
    gap = (distances[:, 1] - distances[:, 0]).min()
    if gap < 1e-3:
        raise ArithmeticError(f"two entries are as near as {gap}: take another seed")


def make(case):
    directory = GOLDEN / case
    shutil.rmtree(directory, ignore_errors=True)
    generator = torch.Generator().manual_seed(list(CASES).index(case))
    kind, config = CASES[case]
    model = kind(**config)
    randomise(model, generator)
    model.save_pretrained(directory)
    model = kind.from_pretrained(directory, torch_dtype=torch.float64).eval()
    tensors = golden(model, generator)
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all() or tensor.abs().max() < 0.05:
            raise ArithmeticError(f"{case}: {name} is not a useful test value, max |.| = {tensor.abs().max()}")
    save_file(tensors, directory / "golden.safetensors", metadata={"format": "hspace-golden", "case": case})
    size = sum(f.stat().st_size for f in directory.iterdir())
    print(f"{case:20} {size // 1024:4} KB  " + ", ".join(f"{n} {t.std():.2f}" for n, t in tensors.items()))


if __name__ == "__main__":
    command.run(CASES, make)
