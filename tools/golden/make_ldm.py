"""The pipeline of diffusers' own test of LDMPipeline, and the picture that it makes.

Run with the versions of requirements.txt:  python tools/golden/make_ldm.py
Writes src/test/resources/golden/ldm-published/ (tests/pipelines/latent_diffusion/test_latent_diffusion_uncond.py): weights from
torch.manual_seed(0), stored in half precision, DDIMScheduler's defaults, with golden.safetensors: x_T (1, 3, 32, 32) and pictures
(1, 3, 64, 64) in [0, 1], of the stored weights in float32 after 2 steps. The corner that diffusers expects stands in that test, and in ours.
"""

from pathlib import Path

import torch
from diffusers import DDIMScheduler, LDMPipeline, UNet2DModel, VQModel
from safetensors.torch import save_file

TARGET = Path(__file__).resolve().parents[2] / "src" / "test" / "resources" / "golden" / "ldm-published"


def pipeline():
    torch.manual_seed(0)
    unet = UNet2DModel(
        block_out_channels=(32, 64),
        layers_per_block=2,
        sample_size=32,
        in_channels=3,
        out_channels=3,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    )
    torch.manual_seed(0)
    vqvae = VQModel(
        block_out_channels=[32, 64],
        in_channels=3,
        out_channels=3,
        down_block_types=["DownEncoderBlock2D", "DownEncoderBlock2D"],
        up_block_types=["UpDecoderBlock2D", "UpDecoderBlock2D"],
        latent_channels=3,
    )
    return LDMPipeline(unet=unet, vqvae=vqvae, scheduler=DDIMScheduler())


def picture(pipe, name):
    pipe.set_progress_bar_config(disable=True)
    image = pipe(generator=torch.manual_seed(0), num_inference_steps=2, output_type="np").images
    print(name, image[0, -3:, -3:, -1].flatten().round(4))
    return torch.from_numpy(image).permute(0, 3, 1, 2).contiguous()


def main():
    made = pipeline()
    picture(made, "published")
    made.to(torch.float16).save_pretrained(TARGET)
    x = torch.randn(1, 3, 32, 32, generator=torch.manual_seed(0))
    stored = picture(LDMPipeline.from_pretrained(TARGET), "stored")
    save_file({"x_T": x, "pictures": stored}, TARGET / "golden.safetensors")


if __name__ == "__main__":
    main()
