"""Makes a pipeline directory with the exact configuration of a published checkpoint and random weights.

Parity and speed depend on the configuration, not on what was learned, and random weights need no download.

    tools/celebahq/random DIR [NAME]        laid out flat, as google/ddpm-* lie on their hub (default: celebahq-256)
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from diffusers import DDPMScheduler, UNet2DModel
from published import CHECKPOINTS

ROOT = Path(__file__).resolve().parents[2]


def directory_of(name):
    return ROOT / "runs" / "published" / name


def normalise_output(model):
    """Scales conv_out so that ε has unit variance, as a trained model's has.

    The initial weights predict hardly any noise; an error in ε would then be lost in the x_0 that is compared.
    """
    config = model.config
    size = min(config.sample_size, 64)  # any multiple of the downsampling will do
    x = torch.randn(1, config.in_channels, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        deviation = model(x, 500).sample.std()
        model.conv_out.weight /= deviation
        model.conv_out.bias /= deviation


def make(name, checkpoint):
    """The pipeline directory of a published configuration, made unless it is there."""
    directory = directory_of(name)
    if directory.exists():
        return directory
    torch.manual_seed(0)
    model = UNet2DModel(**checkpoint.unet).eval()
    found = sum(p.numel() for p in model.parameters())
    if found != checkpoint.parameters:
        raise SystemExit(f"{checkpoint.repository}: expected {checkpoint.parameters:,} parameters, found {found:,}")
    normalise_output(model)
    unfinished = directory.with_name(directory.name + ".tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    model.save_pretrained(unfinished / "unet")
    DDPMScheduler(num_train_timesteps=1000, clip_sample=False, **checkpoint.scheduler).save_pretrained(
        unfinished / "scheduler"
    )
    index = {
        "_class_name": "DDPMPipeline",
        "scheduler": ["diffusers", "DDPMScheduler"],
        "unet": ["diffusers", "UNet2DModel"],
    }
    (unfinished / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
    unfinished.rename(directory)
    return directory


def lay_flat(pipeline, target):
    """Copies a pipeline's parts into one folder, with the scheduler's configuration as google/ddpm-* publish it."""
    target.mkdir(parents=True)
    shutil.copy(pipeline / "model_index.json", target)
    for file in (pipeline / "unet").iterdir():
        shutil.copy(file, target)
    config = json.loads((pipeline / "scheduler" / "scheduler_config.json").read_text())
    keys = ("_class_name", "beta_end", "beta_schedule", "beta_start", "num_train_timesteps", "trained_betas", "variance_type")
    published = {key: config[key] for key in keys} | {"clip_sample": True}
    (target / "scheduler_config.json").write_text(json.dumps(published, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=Path, metavar="DIR", help="must not exist")
    parser.add_argument("name", nargs="?", default="celebahq-256", choices=CHECKPOINTS, metavar="NAME", help=", ".join(CHECKPOINTS))
    options = parser.parse_args()
    if options.directory.exists():
        raise SystemExit(f"{options.directory} exists already")
    lay_flat(make(options.name, CHECKPOINTS[options.name]), options.directory)


if __name__ == "__main__":
    main()
