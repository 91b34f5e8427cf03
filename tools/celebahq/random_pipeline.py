"""Makes a pipeline directory with the exact configuration of a published checkpoint and random weights.

Parity and speed depend on the configuration, not on what was learned, and random weights need no download.
"""

import json
import shutil
from pathlib import Path

import torch
from diffusers import DDPMScheduler, UNet2DModel

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
