"""Measures control: how far a change of h moves each attribute, in standard deviations of the samples' own scores.

Seeds are sampled with h recorded and scored by the classifier. An attribute's direction is the mean h of its highest
samples less that of its lowest (each a fifth). It is added at strength +1 and -1 on seeds that had no part in it, and
half of the difference between the two is the effect of one unit: on its own attribute (the diagonal) and on the others.
"""

import argparse
import json
from pathlib import Path

import torch
from diffusers import UNet2DModel
from torchvision.utils import save_image

from export import averaged
from resnet import Classifier
from sampling import sample


def measure(
    network: UNet2DModel, classifier: Classifier, seeds: int, held_out: int, steps: int, sheet: Path | None
) -> dict:
    """Effects (6, 6): rows are the directions, columns the attributes, in sd of the unedited samples' scores."""
    names = classifier.names
    pictures, h = sample(network, list(range(seeds)), steps)  # (N, 3, 64, 64), (N, T, c, h, w)
    scores, ranking = classifier.scores(pictures), classifier.scores(pictures, logits=True)  # (N, 6)
    spread = scores.std(0)  # (6,)
    extreme = seeds // 5
    fresh = list(range(100_000, 100_000 + held_out))
    effects, shown = [], []
    for i in range(len(names)):
        order = ranking[:, i].argsort()
        direction = h[order[-extreme:]].mean(0) - h[order[:extreme]].mean(0)  # (T, c, h, w)
        up, _ = sample(network, fresh, steps, change=direction)
        down, _ = sample(network, fresh, steps, change=-direction)
        effects.append((classifier.scores(up) - classifier.scores(down)).mean(0) / 2 / spread)
        shown += [down[:12], up[:12]]
    if sheet:
        plain, _ = sample(network, fresh[:12], steps)
        save_image((torch.cat([plain, *shown]) + 1) / 2, sheet, nrow=12, padding=1)
    return {"attributes": names, "spread": spread.tolist(), "means": scores.mean(0).tolist(),
            "effects": torch.stack(effects).tolist()}  # fmt: skip


def show(result: dict) -> None:
    names = result["attributes"]
    print("direction  " + "".join(f"{name:>9}" for name in names))
    for name, row in zip(names, result["effects"]):
        print(f"{name:<11}" + "".join(f"{value:9.2f}" for value in row))
    print("mean       " + "".join(f"{value:9.2f}" for value in result["means"]))
    print("sd         " + "".join(f"{value:9.2f}" for value in result["spread"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--checkpoint", type=Path, help="a checkpoint of train.py")
    source.add_argument("--model", type=Path, help="an exported pipeline directory")
    parser.add_argument("--classifier", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=200, help="samples that the directions are made from")
    parser.add_argument("--held-out", type=int, default=48, help="other samples that the effects are measured on")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--sheet", type=Path, help="draw the edits into this PNG: plain, then -1 and +1 an attribute")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.checkpoint:
        network, seen = averaged(options.checkpoint)
        print(f"{options.checkpoint}: {seen['images']} images seen in {seen['minutes']:.0f} minutes")
    else:
        network = UNet2DModel.from_pretrained(options.model / "unet").float().eval()
    network = network.to(memory_format=torch.channels_last)
    classifier = Classifier.load(options.classifier)
    result = measure(network, classifier, options.seeds, options.held_out, options.steps, options.sheet)
    show(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
