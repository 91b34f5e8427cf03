"""Writes checkpoints of autoencoder.py and train_text.py, in half precision, as a StableDiffusionPipeline directory."""

import argparse
import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file
from transformers import CLIPTokenizer

import autoencoder
from text_network import Conditioned, new_scheduler

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def half(network: torch.nn.Module, file: Path) -> None:
    weights = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    save_file(weights, file, metadata={"format": "pt"})


def write(conditioned: Conditioned, vae: AutoencoderKL, tokenizer_folder: Path, folder: Path) -> None:
    """model_index.json and its five folders, as StableDiffusionPipeline.from_pretrained reads them."""
    new_scheduler().save_pretrained(folder / "scheduler")
    for part, name in ((conditioned.unet, "unet"), (vae, "vae")):
        part.save_config(folder / name)
        half(part, folder / name / "diffusion_pytorch_model.safetensors")
    conditioned.text_encoder.config.architectures = ["CLIPTextModel"]
    conditioned.text_encoder.config.save_pretrained(folder / "text_encoder")
    half(conditioned.text_encoder, folder / "text_encoder" / "model.safetensors")
    shutil.copytree(tokenizer_folder, folder / "tokenizer", dirs_exist_ok=True)
    (folder / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the --out of train_text.py")
    parser.add_argument("--autoencoder", type=Path, required=True, help="a checkpoint of autoencoder.py")
    parser.add_argument("--data", type=Path, required=True, help="the folder with latents.json")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    tokenizer_folder = options.run / "tokenizer"
    conditioned = Conditioned(CLIPTokenizer.from_pretrained(tokenizer_folder))
    state = torch.load(options.run / "checkpoint.pt", weights_only=True)
    conditioned.load_state_dict(state["average"])
    vae = autoencoder.averaged(options.autoencoder)
    vae.register_to_config(scaling_factor=json.loads((options.data / "latents.json").read_text())["scaling_factor"])
    write(conditioned, vae, tokenizer_folder, options.out)
    print(f"{options.out}: step {state['step']}, {state['images']} images seen in {state['seconds'] / 60:.0f} minutes")


if __name__ == "__main__":
    main()
