"""The autoencoder of the latent model: 128x128 pictures to latents (4, 32, 32), and its training.

It has no attention, so it trains on crops, and a picture decoded in tiles is nearly the picture decoded at once.
"""

import argparse
from pathlib import Path

import numpy
import torch
import torch.nn.functional as functional
from diffusers import AutoencoderKL

import loop
from network import inner_products

CONFIG = {
    "sample_size": 128,
    "in_channels": 3,
    "out_channels": 3,
    "latent_channels": 4,
    "block_out_channels": (16, 48, 64),
    "layers_per_block": 1,
    "down_block_types": ("DownEncoderBlock2D",) * 3,
    "up_block_types": ("UpDecoderBlock2D",) * 3,
    "norm_num_groups": 2,  # at least 8 channels a group, as in network.py
    "mid_block_add_attention": False,
}
CROP = 64
KL_WEIGHT = 1e-3  # leaves a posterior of about a hundredth of a latent: what is finer would only be noise
COARSE_WEIGHT = 0.25


def new_autoencoder() -> AutoencoderKL:
    return AutoencoderKL(**CONFIG)


def edges(picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Differences of neighbours, down and across; picture: (B, 3, H, W)."""
    return picture.diff(dim=2), picture.diff(dim=3)


def picture_errors(made: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
    """Mean absolute error of the pixels and of their differences, so that edges stay sharp."""
    sharp = sum((a - b).abs().mean() for a, b in zip(edges(made), edges(picture)))
    return (made - picture).abs().mean() + 0.5 * sharp


class AutoencoderTask:
    def __init__(self, options: argparse.Namespace, share: int, seed: int):
        self.network = new_autoencoder().to(memory_format=torch.channels_last)
        self.images = torch.from_numpy(numpy.load(options.data / "images.npy", mmap_mode="c"))  # (N, 128, 128, 3) uint8
        self.count = options.count or len(self.images)
        self.share, self.generator = share, torch.Generator().manual_seed(seed)

    def batch(self, crop: int) -> torch.Tensor:
        """Crops of flipped pictures, (B, 3, crop, crop) in [-1, 1]."""
        draw = lambda high: torch.randint(high, (self.share,), generator=self.generator).tolist()
        room = (self.images.shape[1] - crop) // 4 + 1
        parts = [
            self.images[i, 4 * y : 4 * y + crop, 4 * x : 4 * x + crop]
            for i, y, x in zip(draw(self.count), draw(room), draw(room))
        ]
        batch = torch.stack(parts).permute(0, 3, 1, 2).float() / 127.5 - 1
        flip = torch.rand(self.share, generator=self.generator) < 0.5
        batch[flip] = batch[flip].flip(-1)
        return batch.contiguous(memory_format=torch.channels_last)

    def loss(self, used: float) -> torch.Tensor:
        picture = self.batch(CROP)
        with inner_products():
            posterior = self.network.encode(picture).latent_dist
            latents = posterior.sample()  # (B, 4, crop / 4, crop / 4)
            made = self.network.decode(latents).sample.float()
            coarse = self.network.decode(functional.avg_pool2d(latents, 2)).sample.float()
        kl = 0.5 * (posterior.mean.square() + posterior.var - 1 - posterior.logvar).float().mean()
        # Averaged latents must be the averaged picture's: so they stay smooth, and easy to model.
        coarse_error = picture_errors(coarse, functional.avg_pool2d(picture, 2))
        return picture_errors(made, picture) + COARSE_WEIGHT * coarse_error + KL_WEIGHT * kl

    def constrain(self, network: torch.nn.Module) -> None:
        pass


def averaged(checkpoint: Path) -> AutoencoderKL:
    network = new_autoencoder()
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    return network.eval().requires_grad_(False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_options(parser, minutes=20, batch=8, lr=1e-3)
    parser.add_argument("--count", type=int, help="use only the first pictures of the folder")
    loop.run(AutoencoderTask, parser.parse_args())


if __name__ == "__main__":
    main()
