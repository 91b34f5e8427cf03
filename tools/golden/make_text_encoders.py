"""Writes native/test/golden/text_encoders/<case>/: tiny random CLIP text models and what transformers computes with them in float64.

Run from anywhere, with the versions of requirements.txt:  python tools/golden/make_text_encoders.py [case ...]
Each case is a text_encoder/ directory (config.json and weights) and golden.safetensors; README.md lists its tensors.
"""

import shutil
from pathlib import Path

import command
import torch
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

GOLDEN = Path(__file__).resolve().parents[2] / "native" / "test" / "golden" / "text_encoders"
SMALL = dict(
    vocab_size=40,
    hidden_size=8,
    intermediate_size=12,
    num_hidden_layers=3,
    num_attention_heads=2,
    max_position_embeddings=9,
    bos_token_id=38,
)
CASES = {
    # openai/clip-vit-large-patch14 as Stable Diffusion 1 stores it, with the end token that its file says wrongly.
    "clip": (CLIPTextModel, SMALL | dict(hidden_act="quick_gelu", eos_token_id=2)),
    # The second encoder of SDXL.
    "clip_projection": (
        CLIPTextModelWithProjection,
        SMALL | dict(hidden_act="gelu", projection_dim=6, eos_token_id=39, layer_norm_eps=1e-4),
    ),
}
# The end token is 39; what follows it is padding, of that token or another.
TOKENS = [[38, 3, 17, 39, 39, 39, 39], [38, 1, 5, 22, 30, 39, 0]]


def randomise(model, generator):
    for name, p in model.named_parameters():
        values = torch.randn(p.shape, generator=generator)
        if "norm" in name:
            p.copy_(0.3 * values + (1 if name.endswith("weight") else 0))
        elif name.endswith("bias"):
            p.copy_(0.1 * values)
        else:
            p.copy_(1.3 * values / (p.shape[-1] ** 0.5 if "embedding" not in name else 1))


def make(case):
    directory = GOLDEN / case
    shutil.rmtree(directory, ignore_errors=True)
    generator = torch.Generator().manual_seed(list(CASES).index(case))
    kind, config = CASES[case]
    model = kind(CLIPTextConfig(**config))
    randomise(model, generator)
    model.save_pretrained(directory)
    model = kind.from_pretrained(directory, dtype=torch.float64).eval()
    tokens = torch.tensor(TOKENS)
    torch.set_default_dtype(torch.float64)  # transformers makes its mask in the default type
    found = model(tokens, output_hidden_states=True)
    torch.set_default_dtype(torch.float32)
    pooled = found.text_embeds if kind is CLIPTextModelWithProjection else found.pooler_output
    tensors = {"tokens": tokens.double(), "last_hidden_state": found.last_hidden_state, "pooled": pooled}
    tensors |= {f"hidden_state_{i}": h for i, h in enumerate(found.hidden_states)}
    tensors = {name: tensor.contiguous().clone() for name, tensor in tensors.items()}
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all() or tensor.abs().max() < 0.05:
            raise ArithmeticError(f"{case}: {name} is not a useful test value, max |.| = {tensor.abs().max()}")
    save_file(tensors, directory / "golden.safetensors", metadata={"format": "hspace-golden", "case": case})
    size = sum(f.stat().st_size for f in directory.iterdir())
    print(f"{case:20} {size // 1024:4} KB  " + ", ".join(f"{n} {t.std():.2f}" for n, t in tensors.items()))


if __name__ == "__main__":
    command.run(CASES, make)
