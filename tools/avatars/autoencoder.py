"""The autoencoder of the latent model: 128x128 pictures to latents (4, 32, 32), and its training.

It has no attention, so it trains on crops, and a picture decoded in tiles is nearly the picture decoded at once.
With --finish the decoder goes on alone, on the latents that encode.py wrote: they stay as the network knows them.
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
MARGIN = 8
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
        self.latents = None
        if options.finish:
            self.network.load_state_dict(averaged(options.finish).state_dict())
            self.network.requires_grad_(False)
            for part in (self.network.post_quant_conv, self.network.decoder):
                part.requires_grad_(True)
            self.latents = torch.from_numpy(numpy.load(options.data / "latents.npy", mmap_mode="c"))  # (N, 4, 32, 32)
        self.images = torch.from_numpy(numpy.load(options.data / "images.npy", mmap_mode="c"))  # (N, 128, 128, 3) uint8
        self.count = options.count or len(self.images)
        self.share, self.generator = share, torch.Generator().manual_seed(seed)

    def places(self, crop: int) -> list[tuple[int, int, int]]:
        """A picture and the corner of a crop of it, in latent pixels, for each of the batch."""
        draw = lambda high: torch.randint(high, (self.share,), generator=self.generator).tolist()
        room = (self.images.shape[1] - crop) // 4 + 1
        return list(zip(draw(self.count), draw(room), draw(room)))

    def crops(self, places: list[tuple[int, int, int]], crop: int) -> torch.Tensor:
        """(B, 3, crop, crop) in [-1, 1]."""
        parts = [self.images[i, 4 * y : 4 * y + crop, 4 * x : 4 * x + crop] for i, y, x in places]
        return torch.stack(parts).permute(0, 3, 1, 2).float() / 127.5 - 1

    def batch(self, crop: int) -> torch.Tensor:
        """Crops of flipped pictures, (B, 3, crop, crop) in [-1, 1]."""
        batch = self.crops(self.places(crop), crop)
        flip = torch.rand(self.share, generator=self.generator) < 0.5
        batch[flip] = batch[flip].flip(-1)
        return batch.contiguous(memory_format=torch.channels_last)

    def decoder_loss(self) -> torch.Tensor:
        places, side = self.places(CROP), CROP // 4
        latents = torch.stack([self.latents[i, :, y : y + side, x : x + side] for i, y, x in places]).float()
        with inner_products():
            made = self.network.decode(latents.contiguous(memory_format=torch.channels_last)).sample.float()
        # A crop's edge does not know what lies beyond it, which a whole picture's inner pixels do.
        inner = lambda picture: picture[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
        return picture_errors(inner(made), inner(self.crops(places, CROP)))

    def loss(self, used: float) -> torch.Tensor:
        if self.latents is not None:
            return self.decoder_loss()
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


def averaged(source: Path) -> AutoencoderKL:
    """The autoencoder of a checkpoint, or of a pipeline directory."""
    if source.is_dir():
        network = AutoencoderKL.from_pretrained(source, subfolder="vae")
    else:
        network = new_autoencoder()
        network.load_state_dict(torch.load(source, weights_only=True)["average"])
    return network.eval().requires_grad_(False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_options(parser, minutes=20, batch=8, lr=1e-3)
    parser.add_argument("--count", type=int, help="use only the first pictures of the folder")
    parser.add_argument("--finish", type=Path, help="train the decoder alone, from this checkpoint or pipeline directory")
    loop.run(AutoencoderTask, parser.parse_args())


if __name__ == "__main__":
    main()
