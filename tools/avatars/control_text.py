"""Measures what the prompt does, with diffusers: scores of samples for prompts that differ in one word.

The pipeline's samples are scored by the avatars' classifier, at half their size, as it was trained on the same faces.
For each attribute a pair of prompts is sampled from the same seeds; the difference of the mean scores is divided by
the standard deviation of the scores of samples of the empty prompt.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as functional
from diffusers import StableDiffusionPipeline
from torchvision.utils import save_image

from resnet import Classifier

PAIRS = {
    "yaw": ("a person looking left", "a person looking right"),
    "smile": ("a serious person", "a smiling person"),
    "gender": ("a woman", "a man"),
    "age": ("a young person", "an old person"),
    "glasses": ("a person without glasses", "a person with glasses"),
    "hat": ("a person without a hat", "a person with a hat"),
}
SHEET = ["", "a smiling old woman with glasses", "a serious young man with a hat", "a young woman looking left", "an old man"]


def sampler(folder: Path, steps: int, guidance: float):
    pipeline = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.unet.to(memory_format=torch.channels_last)

    def sample(prompt: str, count: int, first_seed: int = 0, batch: int = 16) -> torch.Tensor:
        """Pictures (N, 3, 128, 128) in [-1, 1], with eta = 1; a seed's start does not depend on the prompt."""
        pictures = []
        for start in range(0, count, batch):
            seeds = range(first_seed + start, first_seed + min(start + batch, count))
            generators = [torch.Generator().manual_seed(seed) for seed in seeds]
            made = pipeline([prompt] * len(generators), num_inference_steps=steps, guidance_scale=guidance, eta=1.0,
                            generator=generators, output_type="pt").images  # fmt: skip
            pictures.append(made * 2 - 1)
        return torch.cat(pictures)

    return sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a StableDiffusionPipeline directory")
    parser.add_argument("--classifier", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=64, help="samples of a prompt")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=3.0, help="1 is none")
    parser.add_argument("--sheet", type=Path, help="draw a row of samples for each of some prompts into this PNG, and stop")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    sample = sampler(options.model, options.steps, options.guidance)
    if options.sheet:
        rows = torch.cat([sample(prompt, 8) for prompt in SHEET])
        save_image((rows + 1) / 2, options.sheet, nrow=8, padding=2)
        return
    classifier = Classifier.load(options.classifier)
    scores = lambda prompt: classifier.scores(functional.avg_pool2d(sample(prompt, options.samples), 2))  # (N, 6)
    plain = scores("")
    spread = plain.std(0)  # (6,)
    print("".join(f"{name:>10}" for name in classifier.names))
    for name, (low, high) in PAIRS.items():
        effect = (scores(high) - scores(low)).mean(0) / spread
        print("".join(f"{value:10.2f}" for value in effect) + f"   {low} -> {high}", flush=True)
    print("".join(f"{value:10.2f}" for value in plain.mean(0)) + "   mean of the empty prompt")
    print("".join(f"{value:10.2f}" for value in spread) + "   sd of the empty prompt")


if __name__ == "__main__":
    main()
