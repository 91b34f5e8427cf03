"""Trains the attribute classifier on spoilt renders and measures each of its heads on held-out ones."""

import argparse
import json
import math
from pathlib import Path

import numpy
import torch
import torch.nn.functional as functional
from safetensors.torch import load_file, save_file

from factors import ATTRIBUTES
from resnet import CONFIG, Classifier, new_network


def load(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures (N, 64, 64, 3) uint8 and the attributes' true values (N, 6)."""
    table = load_file(folder / "factors.safetensors")
    pictures = torch.from_numpy(numpy.load(folder / "images.npy"))
    return pictures, torch.stack([table[name] for name in ATTRIBUTES], 1)


def as_input(pictures: torch.Tensor) -> torch.Tensor:
    return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1  # (B, 3, 64, 64)


def spoil(pictures: torch.Tensor) -> torch.Tensor:
    """What a diffusion model's samples may have and renders have not: noise, blur, other contrast, small shifts."""
    batch = pictures.shape[0]
    blurred = functional.avg_pool2d(functional.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    pictures = pictures + torch.rand(batch, 1, 1, 1) * (blurred - pictures)
    pictures = pictures * (1 + 0.15 * torch.randn(batch, 1, 1, 1)) + 0.08 * torch.randn(batch, 3, 1, 1)
    pictures = pictures + 0.25 * torch.rand(batch, 1, 1, 1) ** 2 * torch.randn_like(pictures)
    dy, dx = torch.randint(-2, 3, (2,)).tolist()
    return pictures.roll((dy, dx), (2, 3)).clamp(-1.2, 1.2)


def loss_of(raw: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Squared error of the yaw in units of its scale, cross-entropy of the rest; both (B, 6)."""
    yaw = functional.mse_loss(raw[:, 0], truth[:, 0] / CONFIG["heads"][0]["scale"])
    return 2 * yaw + functional.binary_cross_entropy_with_logits(raw[:, 1:], truth[:, 1:])


def measure(classifier: Classifier, pictures: torch.Tensor, truth: torch.Tensor) -> dict:
    """Correlation of every head with the truth, accuracy at one half, and the yaw's error in degrees."""
    scores = classifier.scores(as_input(pictures))
    figures = {}
    for i, name in enumerate(ATTRIBUTES):
        figures[name] = {"correlation": round(torch.corrcoef(torch.stack([scores[:, i], truth[:, i]]))[0, 1].item(), 4)}
        if name == "yaw":
            figures[name]["mean_absolute_error_degrees"] = round((scores[:, i] - truth[:, i]).abs().mean().item(), 2)
        else:
            figures[name]["accuracy"] = round(((scores[:, i] > 0.5) == (truth[:, i] > 0.5)).float().mean().item(), 4)
    return figures


def train(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    pictures, truth = load(options.data)
    network = new_network().to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.02)
    per_epoch = len(pictures) // options.batch
    steps = options.epochs * per_epoch
    classifier = Classifier(network)
    for step in range(steps):
        if step % per_epoch == 0:
            order = torch.randperm(len(pictures))
        picked = order[(step % per_epoch) * options.batch :][: options.batch]
        batch, target = as_input(pictures[picked]), truth[picked].clone()
        flip = torch.rand(options.batch) < 0.5
        batch[flip] = batch[flip].flip(-1)
        target[flip, 0] *= -1
        rate = 2e-3 * min(1, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = loss_of(classifier.raw(spoil(batch).contiguous(memory_format=torch.channels_last)), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}/{steps}  loss {loss.item():.4f}", flush=True)

    network.eval()
    figures = measure(classifier, *load(options.heldout))
    options.out.mkdir(parents=True, exist_ok=True)
    weights = {name: value.contiguous() for name, value in network.state_dict().items()}
    save_file(weights, options.out / "model.safetensors", metadata={"format": "pt"})
    (options.out / "config.json").write_text(json.dumps({**CONFIG, "held_out": figures}, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the training renders' folder")
    parser.add_argument("--heldout", type=Path, required=True, help="a folder of renders made with another seed")
    parser.add_argument("--out", type=Path, required=True, help="such as models/avatars-64/classifier")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train(options)


if __name__ == "__main__":
    main()
