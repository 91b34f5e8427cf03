"""Golden trajectories: diffusers' DDIMScheduler on the tiny pipeline, in float64.

Writes src/test/resources/golden/sampling.safetensors with, for T = 5 and the seeds 0, 1 and 7 of the
reference's convention (torch.manual_seed(seed) for x_T, seed + 1 for z):
  x_T (3,C,H,W), z (3,T,C,H,W), delta (T,c,h,w)
  for eta in 0, 0.5, 1:  x_0_<eta> (3,C,H,W) and h_<eta> (3,T,c,h,w), the mid block's output
  for eta = 1:           symmetric (3,C,H,W) and asymmetric (3,C,H,W), both with delta added to h
"""

import math
from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DModel
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "src/test/resources/golden"
STEPS, SEEDS = 5, (0, 1, 7)


class Bottleneck:
    """Records the mid block's output and adds to it what is asked for."""

    def __init__(self, unet):
        self.h, self.delta = None, None
        unet.mid_block.register_forward_hook(self.hook)

    def hook(self, module, inputs, output):
        self.h = output
        return output if self.delta is None else output + self.delta


class Sinusoids(torch.nn.Module):
    """diffusers' positional embedding with correctly rounded float32 functions.

    LibTorch's own float32 exp, sin and cos are off by an ulp now and then, differently on each
    processor, which is more than the 1e-10 that the tests ask for.
    """

    def __init__(self, like):
        super().__init__()
        self.half, self.shift, self.flip = like.num_channels // 2, like.downscale_freq_shift, like.flip_sin_to_cos

    def forward(self, t):
        exponent = -math.log(10000) * torch.arange(self.half, dtype=torch.float32) / (self.half - self.shift)
        angles = (t.float()[:, None] * exponent.double().exp().float()).double()
        sin, cos = angles.sin().float(), angles.cos().float()
        return torch.cat([cos, sin] if self.flip else [sin, cos], 1)


def sample(unet, bottleneck, scheduler, x, z, eta, delta=None, asymmetric=False):
    activations = []
    for i, t in enumerate(scheduler.timesteps):
        bottleneck.delta = None if delta is None else delta[i : i + 1]
        edited = unet(x, t).sample
        activations.append(bottleneck.h)
        step = scheduler.step(edited, t, x, eta=eta, variance_noise=z[:, i])
        if asymmetric:
            bottleneck.delta = None
            plain = unet(x, t).sample
            # The scheduler takes both from one prediction: swap the direction's part.
            previous = t - 1000 // STEPS
            alpha = scheduler.alphas_cumprod[previous] if previous >= 0 else scheduler.final_alpha_cumprod
            sigma = eta * scheduler._get_variance(t, previous) ** 0.5
            x = step.prev_sample + (1 - alpha - sigma**2).sqrt() * (plain - edited)
        else:
            x = step.prev_sample
    return x, torch.stack(activations, 1)


@torch.no_grad()
def main():
    pipeline = GOLDEN / "tiny-pipeline"
    unet = UNet2DModel.from_pretrained(pipeline / "unet").double().eval()
    unet.time_proj = Sinusoids(unet.time_proj)
    scheduler = DDIMScheduler.from_pretrained(pipeline / "scheduler")
    scheduler.alphas_cumprod = scheduler.alphas_cumprod.double()
    scheduler.final_alpha_cumprod = scheduler.final_alpha_cumprod.double()
    scheduler.set_timesteps(STEPS)
    bottleneck = Bottleneck(unet)

    size = unet.config.sample_size
    x, z = [], []
    for seed in SEEDS:
        torch.manual_seed(seed)
        x.append(torch.randn(1, 3, size, size))
        torch.manual_seed(seed + 1)
        z.append(torch.randn(STEPS, 3, size, size))
    x, z = torch.cat(x), torch.stack(z)
    golden = {"x_T": x, "z": z}
    x, z = x.double(), z.double()
    for eta in (0.0, 0.5, 1.0):
        image, h = sample(unet, bottleneck, scheduler, x, z, eta)
        golden[f"x_0_{eta:g}"], golden[f"h_{eta:g}"] = image, h
    generator = torch.Generator().manual_seed(123)
    delta = torch.randn(h.shape[1:], generator=generator, dtype=torch.float64) * h.std()
    golden["delta"] = delta
    golden["symmetric"] = sample(unet, bottleneck, scheduler, x, z, 1.0, delta)[0]
    golden["asymmetric"] = sample(unet, bottleneck, scheduler, x, z, 1.0, delta, True)[0]
    save_file({k: v.contiguous() for k, v in golden.items()}, GOLDEN / "sampling.safetensors")
    for name, value in golden.items():
        print(f"{name:12} {tuple(value.shape)} {value.abs().max():.4f}")


if __name__ == "__main__":
    main()
