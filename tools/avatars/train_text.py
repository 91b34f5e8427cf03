"""Trains the latent, text-conditioned network on encoded portraits and captions of their factors; see loop.py."""

import argparse
import json
import random
import shutil
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file
from transformers import CLIPTokenizer

import loop
import tokenizer
from captions import caption
from factors import ATTRIBUTES
from network import SkipDropout, cut_skips
from text_network import Conditioned, new_scheduler
from train import thinned_share

MIN_SNR_GAMMA = 5.0
SKIP_RATES = {32: 0.4}


def loss_weights(alphas: torch.Tensor) -> torch.Tensor:
    """Weights of v's squared errors by timestep, (1000,): 1 where noise is high, less where the picture is nearly clean.

    v's error is the picture's, times one plus the signal-to-noise ratio; that factor is cut off at MIN_SNR_GAMMA.
    """
    factor = 1 + alphas / (1 - alphas)
    return factor.clamp_max(MIN_SNR_GAMMA) / factor


class TextTask:
    def __init__(self, options: argparse.Namespace, share: int, seed: int):
        folder = options.out / "tokenizer"
        self.tokenizer = CLIPTokenizer.from_pretrained(folder)
        self.network = Conditioned(self.tokenizer).to(memory_format=torch.channels_last).eval()
        if options.start:
            self.network.unet.load_state_dict(load_file(options.start / "unet" / "diffusion_pytorch_model.safetensors"))
            self.network.text_encoder.load_state_dict(load_file(options.start / "text_encoder" / "model.safetensors"))
        progress = json.loads((options.data / "latents.json").read_text())
        self.factor, self.count = progress["scaling_factor"], progress["done"]
        self.latents = torch.from_numpy(numpy.load(options.data / "latents.npy", mmap_mode="c"))  # (N, 4, 32, 32)
        table = load_file(options.data / "factors.safetensors")
        self.attributes = torch.stack([table[name] for name in ATTRIBUTES], 1)  # (N, 6)
        self.alphas = new_scheduler().alphas_cumprod  # (1000,)
        self.weights = loss_weights(self.alphas)  # (1000,)
        self.share, self.draw = share, random.Random(seed)
        self.generator, self.order = torch.Generator().manual_seed(seed), torch.empty(0, dtype=torch.long)

    def picked(self) -> torch.Tensor:
        if len(self.order) < self.share:
            self.order = torch.randperm(self.count, generator=self.generator)
        picked, self.order = self.order[: self.share], self.order[self.share :]
        return picked

    def tokens(self, picked: torch.Tensor) -> torch.Tensor:
        texts = [caption(dict(zip(ATTRIBUTES, row)), self.draw) for row in self.attributes[picked].tolist()]
        padded = self.tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt")
        return padded.input_ids  # (B, 32)

    def loss(self, used: float) -> torch.Tensor:
        picked = self.picked()
        clean = self.latents[picked].float() * self.factor  # (B, 4, 32, 32)
        strata = torch.arange(self.share) + torch.rand(self.share)
        t = (strata * (1000 / self.share)).long()  # (B,): spread evenly over the timesteps
        noise = torch.randn_like(clean)
        signal = self.alphas[t].view(-1, 1, 1, 1)
        noisy = signal.sqrt() * clean + (1 - signal).sqrt() * noise
        velocity = signal.sqrt() * noise - (1 - signal).sqrt() * clean
        dropout = SkipDropout(thinned_share(used), SKIP_RATES)
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        predicted = self.network(noisy, t, self.tokens(picked), dropout)
        return ((predicted - velocity).square().mean((1, 2, 3)) * self.weights[t]).mean()

    def constrain(self, network: torch.nn.Module) -> None:
        cut_skips(network.unet)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_options(parser, minutes=60, batch=16, lr=8e-4)
    parser.add_argument("--start", type=Path, help="begin with the weights and the vocabulary of this pipeline directory")
    options = parser.parse_args()
    if not (options.out / "tokenizer" / "vocab.json").exists():
        if options.start:
            shutil.copytree(options.start / "tokenizer", options.out / "tokenizer")
        else:
            tokenizer.write(options.out / "tokenizer")
    loop.run(TextTask, options)


if __name__ == "__main__":
    main()
