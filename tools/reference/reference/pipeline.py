"""A diffusers pipeline directory: the denoiser, its noise schedule, and the lattice of T timesteps."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DModel

from .bottleneck import bottleneck


@dataclass
class Pipeline:
    directory: Path
    model: UNet2DModel
    scheduler: DDIMScheduler
    point: str  # where h is read and injected: after, before or middle
    timesteps: torch.Tensor  # (T) int64, largest first
    alpha_bar: list  # ᾱ_t at each of them
    alpha_bar_previous: list  # ᾱ_p at the end of each step; the last as set_alpha_to_one says

    @staticmethod
    def load(directory, steps, point="after", dtype=torch.float32):
        directory = Path(directory)
        model = UNet2DModel.from_pretrained(directory / "unet", torch_dtype=dtype).eval().requires_grad_(False)
        scheduler = DDIMScheduler.from_pretrained(directory / "scheduler")
        if scheduler.config.prediction_type != "epsilon":
            raise ValueError(f"{directory}: the reference predicts epsilon only, found {scheduler.config.prediction_type}")
        return Pipeline(directory, model, scheduler, point, *lattice(scheduler, steps))

    def with_steps(self, steps):
        """The same model on another lattice."""
        return Pipeline(self.directory, self.model, self.scheduler, self.point, *lattice(self.scheduler, steps))

    @property
    def steps(self):
        return len(self.timesteps)

    @property
    def sample_shape(self):
        """(C, H, W)"""
        size = self.model.config.sample_size
        return (self.model.config.in_channels, *((size, size) if isinstance(size, int) else size))

    def predict(self, x, step, delta=None):
        """The pair (ε (B, C, H, W), h (B, c, h, w) before Δh) at x (B, C, H, W); delta (1 or B, c, h, w) is added to h."""
        with bottleneck(self.model, self.point, lambda h: h if delta is None else h + delta) as found:
            return self.model(x, self.timesteps[step]).sample, found[0]

    def sigma(self, step, eta):
        """σ_t (Eq 3) of a step; 0 where it ends at ᾱ_p = 1."""
        alpha, previous = self.alpha_bar[step], self.alpha_bar_previous[step]
        return eta * ((1 - previous) / (1 - alpha)) ** 0.5 * (1 - alpha / previous) ** 0.5

    def hash(self):
        """sha256 of the U-Net's files: a model_hash of trajectory and direction files that the engine knows beside its own."""
        unet = self.directory / "unet"
        single = unet / "diffusion_pytorch_model.safetensors"
        weights = [single] if single.exists() else sorted(unet.glob("diffusion_pytorch_model-*.safetensors"))
        digest = hashlib.sha256()
        for file in (unet / "config.json", *weights):
            digest.update(file.read_bytes())
        return digest.hexdigest()


def lattice(scheduler, steps):
    """T timesteps and ᾱ at both ends of each step, the same for sampling and inversion."""
    scheduler.set_timesteps(steps)
    timesteps = scheduler.timesteps.clone()
    alpha_bar = [float(scheduler.alphas_cumprod[t]) for t in timesteps]
    return timesteps, alpha_bar, alpha_bar[1:] + [float(scheduler.final_alpha_cumprod)]
