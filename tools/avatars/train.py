"""Trains the DDPM on the rendered portraits; resumable, and planned by the clock on the wall (loop.py)."""

import argparse
import time
from pathlib import Path

import numpy
import torch
import torch.nn.functional as functional

import loop
from network import Average, SkipDropout, cut_skips, new_network, new_scheduler, training_forward

MIN_SNR_GAMMA = 5.0
SKIP_RATES = {32: 0.4}


class Batches:
    """Endless shuffled batches of flipped and scaled pictures, (B, 3, 64, 64) in [-1, 1]."""

    def __init__(self, images_file: Path, size: int, seed: int):
        self.images = torch.from_numpy(numpy.load(images_file, mmap_mode="c"))  # (N, 64, 64, 3) uint8
        self.size, self.generator = size, torch.Generator().manual_seed(seed)
        self.order = torch.empty(0, dtype=torch.long)

    def next(self) -> torch.Tensor:
        if len(self.order) < self.size:
            self.order = torch.randperm(len(self.images), generator=self.generator)
        picked, self.order = self.order[: self.size], self.order[self.size :]
        batch = self.images[picked].permute(0, 3, 1, 2).float() / 127.5 - 1
        flip = torch.rand(self.size, generator=self.generator) < 0.5
        batch[flip] = batch[flip].flip(-1)
        return batch.contiguous(memory_format=torch.channels_last)


def thinned_share(used: float) -> float:
    """Most noisy samples lose skips for most of the run; near its end fewer do, for the samples' quality."""
    return 0.8 if used < 0.7 else 0.8 - 0.4 * min((used - 0.7) / 0.2, 1.0)


def loss_weights(alphas: torch.Tensor) -> torch.Tensor:
    """Min-SNR weights by timestep, (1000,), raised where noise is high: threefold at 600, tenfold at the end.

    There the squared error of epsilon is small however wrong the picture is, and there brightness, pose and features
    are decided.
    """
    ratio = alphas / (1 - alphas)
    timestep = torch.arange(len(alphas)) / len(alphas)
    raised = 1 + 2 * (timestep / 0.6).clamp_max(1) + 7 * ((timestep - 0.6) / 0.4).clamp_min(0)
    return ratio.clamp_max(MIN_SNR_GAMMA) / ratio * raised


def coarse_errors(difference: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Mean squares of the means of 16x16 squares and of the whole picture, at noisy timesteps only: (B,).

    difference: (B, 3, 64, 64). Each mean is scaled so that white noise weighs the same at every size. Brightness and
    colour are 3 of 12,288 numbers; without this the network left a third of their noise in at every t, and faces came out
    bleached or dark. The minimum stays where it was: the conditional mean, at every size. At smaller t the noise of so
    large an area cannot be told from the picture, and this would add nothing but noise to the gradient.
    """
    noisy = ((t / 1000 - 0.6) / 0.2).clamp(0, 1)
    return noisy * sum(size**2 * functional.avg_pool2d(difference, size).square().mean((1, 2, 3)) for size in (16, 64))


class PortraitTask:
    def __init__(self, options: argparse.Namespace, share: int, seed: int):
        # Evaluation mode: there is no dropout in it, and in training mode diffusers copies every shortcut's input.
        self.network = new_network().to(memory_format=torch.channels_last).eval()
        if options.finish:
            self.network.load_state_dict(torch.load(options.finish, weights_only=True)["average"])
            self.network.requires_grad_(False)
            for part in (self.network.up_blocks[-1], self.network.conv_norm_out, self.network.conv_out):
                part.requires_grad_(True)
        self.dropout_of = (lambda used: 0.0) if options.finish else thinned_share
        self.batches, self.share, self.coarse = Batches(options.data / "images.npy", share, seed), share, options.coarse
        self.alphas = new_scheduler().alphas_cumprod  # (1000,)
        self.weights = loss_weights(self.alphas)  # (1000,)

    def loss(self, used: float) -> torch.Tensor:
        clean = self.batches.next()
        strata = torch.arange(self.share) + torch.rand(self.share)
        t = (strata * (1000 / self.share)).long()  # (B,): spread evenly over the timesteps
        noise = torch.randn_like(clean)
        signal = self.alphas[t].view(-1, 1, 1, 1)
        noisy = (signal.sqrt() * clean + (1 - signal).sqrt() * noise).contiguous(memory_format=torch.channels_last)
        predicted = training_forward(self.network, noisy, t, SkipDropout(self.dropout_of(used), SKIP_RATES))
        difference = predicted - noise
        errors = difference.square().mean((1, 2, 3)) * self.weights[t] + self.coarse * coarse_errors(difference, t)
        return errors.mean()

    def constrain(self, network: torch.nn.Module) -> None:
        cut_skips(network)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_options(parser, minutes=110, batch=24, lr=6e-4)
    parser.add_argument("--finish", type=Path, help="train the last block alone, from this checkpoint's average")
    parser.add_argument("--coarse", type=float, default=0.1, help="weight of the coarse errors")
    loop.run(PortraitTask, parser.parse_args(), clock=time.time)


if __name__ == "__main__":
    main()
