"""Makes a directory with the parts of a published latent pipeline, of random weights in half precision, as their hub has them."""

import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel, UNet2DModel, VQModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

ROOT = Path(__file__).resolve().parents[2]
HALF = torch.float16


def parts(pipeline):
    """name → (class, how it is made, how it is read)"""
    text = bool(pipeline.text_encoders)
    found = {
        "unet": (UNet2DConditionModel if text else UNet2DModel, pipeline.unet),
        "vae" if text else "vqvae": (AutoencoderKL if text else VQModel, pipeline.autoencoder),
    }
    for i, config in enumerate(pipeline.text_encoders):
        kind = CLIPTextModelWithProjection if pipeline.pooled and i == 1 else CLIPTextModel
        found["text_encoder" + ("_2" if i else "")] = (kind, config)
    return found


def new(kind, config):
    return kind(CLIPTextConfig(**config)) if "TextModel" in kind.__name__ else kind(**config)


def write_tokenizer(folder):
    """What says that there is one: prompts are given as numbers here."""
    folder.mkdir()
    (folder / "vocab.json").write_text("{}\n")
    (folder / "merges.txt").write_text("#version: 0.2\n")


@torch.no_grad()
def make(name, pipeline):
    """The directory, made unless it is there."""
    directory = ROOT / "runs" / "published" / name
    if directory.exists():
        return directory
    unfinished = directory.with_name(name + ".tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    index = {"_class_name": pipeline.pipeline_class, "scheduler": ["diffusers", "DDIMScheduler"]}
    for part, (kind, config) in parts(pipeline).items():
        torch.manual_seed(0)
        model = new(kind, config)
        found = sum(p.numel() for p in model.parameters())
        if part == "unet" and found != pipeline.parameters:
            raise SystemExit(f"{pipeline.repository}: expected {pipeline.parameters:,} parameters, found {found:,}")
        model.to(HALF).save_pretrained(unfinished / part)
        del model
        index[part] = ["transformers" if part.startswith("text") else "diffusers", kind.__name__]
        if part.startswith("text"):
            tokenizer = part.replace("text_encoder", "tokenizer")
            write_tokenizer(unfinished / tokenizer)
            index[tokenizer] = ["transformers", "CLIPTokenizer"]
    DDIMScheduler().save_pretrained(unfinished / "scheduler")
    (unfinished / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
    unfinished.rename(directory)
    return directory
