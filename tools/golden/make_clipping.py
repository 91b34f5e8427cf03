"""Golden values of clipped sampling, by diffusers itself.

Run with the versions of requirements.txt:  python tools/golden/make_clipping.py
Writes src/test/resources/golden/
  ddim-pipeline/          the pipeline of diffusers' own test of DDIMPipeline (tests/pipelines/ddim/test_ddim.py): weights from
                          torch.manual_seed(0), DDIMScheduler's defaults; its expected picture stands in that test, and in ours
  clipping.safetensors    one step without its noise, from x (2,3,4,4) with the network's output (2,3,4,4), at timestep 300 of ten
                          steps: ddim_clamp, ddim_dynamic (η = .5), ddpm_clamp, ddpm_dynamic
"""

from pathlib import Path
from unittest import mock

import torch
from diffusers import DDIMPipeline, DDIMScheduler, DDPMScheduler, UNet2DModel
from safetensors.torch import save_file

GOLDEN = Path(__file__).resolve().parents[2] / "src" / "test" / "resources" / "golden"
CLAMP = dict(clip_sample=True, clip_sample_range=0.8)
DYNAMIC = dict(clip_sample=False, thresholding=True, dynamic_thresholding_ratio=0.9, sample_max_value=1.5)
TIMESTEP = 300


def pipeline():
    torch.manual_seed(0)
    unet = UNet2DModel(
        block_out_channels=(4, 8),
        layers_per_block=1,
        norm_num_groups=4,
        sample_size=8,
        in_channels=3,
        out_channels=3,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    )
    return DDIMPipeline(unet=unet, scheduler=DDIMScheduler())


def step(kind, settings, x, output, **options):
    scheduler = kind(num_train_timesteps=1000, beta_schedule="linear", **settings)
    scheduler.set_timesteps(10)
    with mock.patch("diffusers.schedulers.scheduling_ddpm.randn_tensor", lambda shape, **_: torch.zeros(shape)):
        return scheduler.step(output, TIMESTEP, x, **options).prev_sample


def main():
    made = pipeline()
    made.save_pretrained(GOLDEN / "ddim-pipeline")
    image = made(batch_size=1, generator=torch.manual_seed(0), num_inference_steps=2, output_type="np").images
    print(image[0, -3:, -3:, -1].flatten())

    generator = torch.Generator().manual_seed(0)
    x, output = torch.randn(2, 2, 3, 4, 4, generator=generator, dtype=torch.float64)
    none = torch.zeros_like(x)
    tensors = {"x": x.clone(), "output": output.clone()}
    for name, settings in (("clamp", CLAMP), ("dynamic", DYNAMIC)):
        tensors[f"ddim_{name}"] = step(DDIMScheduler, settings, x, output, eta=0.5, variance_noise=none)
        tensors[f"ddpm_{name}"] = step(DDPMScheduler, settings, x, output)
    save_file(tensors, GOLDEN / "clipping.safetensors")


if __name__ == "__main__":
    main()
