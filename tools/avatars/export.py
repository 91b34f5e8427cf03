"""Writes a checkpoint's averaged weights, in half precision, as a diffusers pipeline directory; draws its samples."""

import argparse
import json
from pathlib import Path

import torch
from diffusers import UNet2DModel
from safetensors.torch import save_file
from torchvision.utils import save_image

from network import new_network, new_scheduler
from sampling import sample


def averaged(checkpoint: Path) -> tuple[UNet2DModel, dict]:
    """The averaged network of a checkpoint of train.py, and how far its training had come."""
    state = torch.load(checkpoint, weights_only=True)
    network = new_network()
    network.load_state_dict(state["average"])
    seen = {"steps": state["step"], "images": state["images"], "minutes": state["seconds"] / 60}
    return network.eval().requires_grad_(False), seen


def write(network: UNet2DModel, folder: Path) -> None:
    """model_index.json, unet/ and scheduler/, as DDPMPipeline.from_pretrained reads them."""
    new_scheduler().save_pretrained(folder / "scheduler")
    network.save_config(folder / "unet")
    weights = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    save_file(weights, folder / "unet" / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})
    index = {
        "_class_name": "DDPMPipeline",
        "scheduler": ["diffusers", "DDPMScheduler"],
        "unet": ["diffusers", "UNet2DModel"],
    }
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheet", type=Path, help="also draw 64 seeds (eta = 1, T = 50) into this PNG")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network, seen = averaged(options.checkpoint)
    write(network, options.out)
    print(f"{options.out}: {seen['images']} images seen in {seen['minutes']:.0f} minutes")
    if options.sheet:
        shipped = UNet2DModel.from_pretrained(options.out / "unet").float().eval()
        pictures, _ = sample(shipped.to(memory_format=torch.channels_last), list(range(64)), steps=50)
        save_image((pictures + 1) / 2, options.sheet, nrow=8, padding=2)


if __name__ == "__main__":
    main()
