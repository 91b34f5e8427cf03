"""Writes src/test/resources/golden/tiny-pipeline/: a whole diffusers pipeline directory for the tests.

Run with the versions of requirements.txt:  python tools/golden/make_pipeline.py   (two minutes on one core)
The model is trained, a little, on 16x16 pictures of one disc: with random weights sampling would run off to values that
no real model reaches, and errors could hide in them.
"""

import json
from pathlib import Path

import torch
from diffusers import DDPMScheduler, UNet2DModel

PIPELINE = Path(__file__).resolve().parents[2] / "src" / "test" / "resources" / "golden" / "tiny-pipeline"
SIZE, STEPS, BATCH = 16, 3000, 32


def discs(n, generator):
    """Pictures (n, 3, SIZE, SIZE) in [-1, 1] of a disc: place, radius, its colour and the background's are random."""
    place = torch.rand(n, 2, 1, 1, generator=generator) * 8 + 4
    radius = torch.rand(n, 1, 1, generator=generator) * 3 + 2
    colours = torch.rand(n, 2, 3, 1, 1, generator=generator) * 1.6 - 0.8
    y, x = torch.meshgrid(torch.arange(SIZE) + 0.5, torch.arange(SIZE) + 0.5, indexing="ij")
    distance = ((y - place[:, 0]) ** 2 + (x - place[:, 1]) ** 2).sqrt()  # (n, SIZE, SIZE)
    inside = (radius - distance + 0.5).clamp(0, 1)[:, None]
    return inside * colours[:, 0] + (1 - inside) * colours[:, 1]


def train(model, scheduler, generator):
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    decay = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=STEPS)
    for step in range(STEPS):
        x0 = discs(BATCH, generator)
        t = torch.randint(1000, (BATCH,), generator=generator)
        noise = torch.randn(x0.shape, generator=generator)
        error = (model(scheduler.add_noise(x0, noise, t), t).sample - noise).square().mean((1, 2, 3))
        alpha_bar = scheduler.alphas_cumprod[t]
        # An error of ε at the large timesteps is one of x_0 many times as large: weigh them up, that short runs stay in range.
        loss = (error * (1 + ((1 - alpha_bar) / alpha_bar).clamp(max=100) / 10)).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        decay.step()
        if step % 250 == 249:
            print(f"step {step + 1} of {STEPS}: loss {loss.item():.3f}")


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = UNet2DModel(
        sample_size=SIZE,
        block_out_channels=(8, 12, 16),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        norm_num_groups=2,
        attention_head_dim=8,
    )
    scheduler = DDPMScheduler(num_train_timesteps=1000, beta_schedule="linear", clip_sample=False)
    train(model, scheduler, torch.Generator().manual_seed(1))
    model.save_pretrained(PIPELINE / "unet")
    scheduler.save_pretrained(PIPELINE / "scheduler")
    index = {
        "_class_name": "DDPMPipeline",
        "_diffusers_version": json.loads((PIPELINE / "unet" / "config.json").read_text())["_diffusers_version"],
        "scheduler": ["diffusers", "DDPMScheduler"],
        "unet": ["diffusers", "UNet2DModel"],
    }
    (PIPELINE / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")


if __name__ == "__main__":
    main()
