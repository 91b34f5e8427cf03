"""Writes native/test/golden/<case>/: tiny random U-Nets and what diffusers computes with them in float64.

Run from anywhere, with the versions of requirements.txt:  python tools/golden/make_unets.py [case ...]
Each case is a diffusers unet/ directory (config.json and weights) and golden.safetensors; README.md there lists its tensors.
"""

import json
import shutil
import sys
from pathlib import Path

import command
import conditional_unet_cases as conditional
import torch
from diffusers import UNet2DConditionModel, UNet2DModel
from safetensors.torch import load_file, save_file
from unet_cases import CASES, DERIVATIVES

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))
from reference.bottleneck import POINTS, inject, jvp, read, replaced, vjp  # noqa: E402

GOLDEN = Path(__file__).resolve().parents[2] / "native" / "test" / "golden"
WEIGHTS = "diffusion_pytorch_model.safetensors"
OLD_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


class Conditioned(torch.nn.Module):
    """A U-Net of x and t alone: its conditions are fixed."""

    def __init__(self, model, conditions):
        super().__init__()
        self.model, self.mid_block, self.config = model, model.mid_block, model.config
        self.conditions = conditions
        if model.config.class_embed_type == "timestep":  # UNet2DModel leaves the labels' sinusoids in float32
            model.class_embedding.register_forward_pre_hook(lambda module, inputs: (inputs[0].to(model.dtype),))

    def forward(self, x, t):
        given = dict(self.conditions)
        arguments = {}
        if "text" in given:
            arguments["encoder_hidden_states"] = given["text"]
        if "pooled_text" in given:
            arguments["added_cond_kwargs"] = {"text_embeds": given["pooled_text"], "time_ids": given["time_ids"]}
        if "class_labels" in given:
            labels = given["class_labels"]
            arguments["class_labels"] = labels if self.config.class_embed_type else labels.long()
        return self.model(x, t, **arguments)


def conditions(model, generator):
    """What the model is conditioned on, for two rows, float64."""
    config = model.config
    out = {}
    if "cross_attention_dim" in config:
        shape = (2, conditional.TEXT_TOKENS, config.cross_attention_dim)
        out["text"] = torch.randn(shape, generator=generator).double()
        if config.addition_embed_type == "text_time":
            out["pooled_text"] = torch.randn(2, conditional.POOLED_TEXT_WIDTH, generator=generator).double()
            # Of sizes whose sinusoids LibTorch rounds correctly in float32; not of all, nor of the same in each build.
            out["time_ids"] = torch.tensor([[512, 768, 0, 16, 512, 512], [64, 64, 3, 0, 128, 160]]).double()
    if config.num_class_embeds:
        out["class_labels"] = torch.tensor([3.0, 1.0]).double()
    elif config.class_embed_type == "timestep":
        out["class_labels"] = torch.tensor([3.0, 640.75]).double()
    return out


def randomise(model, generator):
    """Random weights, none of them trivial, at which ε and the effect of h on it are of order one."""

    def normal(p):
        return torch.randn(p.shape, generator=generator)

    for name, p in model.state_dict().items():
        if name == "time_proj.weight":  # frequencies of the Fourier embedding; small ones keep float32 accurate
            p.copy_(normal(p))
        elif "norm" in name or "group_norm" in name:
            p.copy_(0.3 * normal(p) + (1 if name.endswith("weight") else 0))
        elif name.endswith("bias"):
            p.copy_(0.1 * normal(p))
        else:
            p.copy_(1.3 * normal(p) / p[0].numel() ** 0.5)
    # A random decoder of many blocks forgets h: strengthen the way from h, weaken the skips.
    model.mid_block.resnets[1].conv2.weight *= 3
    trunk = model.config.block_out_channels[-1]
    for block in model.up_blocks:
        for resnet in block.resnets:
            resnet.conv_shortcut.weight[:, trunk:] *= 0.2
            trunk = resnet.out_channels


def save(case, model, directory):
    """Stores the weights in the form the case is about."""
    if case == "float16_variant":
        model.half().save_pretrained(directory, variant="fp16")
    elif case == "bfloat16":
        model.bfloat16().save_pretrained(directory)
    elif case == "sharded":
        model.save_pretrained(directory, max_shard_size="12KB")
    else:
        model.save_pretrained(directory)
    if case == "old_attention_names":
        tensors = load_file(directory / WEIGHTS)
        for new, old in OLD_NAMES.items():
            tensors = {k.replace(f".{new}.", f".{old}.") if "attentions" in k else k: v for k, v in tensors.items()}
        save_file(tensors, directory / WEIGHTS, metadata={"format": "pt"})


def golden(case, model, generator):
    """x (2, C, H, W), t (2) and all that the README lists, float64."""
    config = model.config
    height, width = config.sample_size if not isinstance(config.sample_size, int) else [config.sample_size] * 2
    fourier = config.time_embedding_type == "fourier"
    x = torch.randn(2, config.in_channels, height, width, generator=generator).double()
    t = torch.tensor([0.7, 37.5] if fourier else [801, 40], dtype=torch.float64)
    given = conditions(model, generator)
    model = Conditioned(model, given)
    out = {"x": x, "t": t} | given
    for point in POINTS:
        out["eps"], h = read(model, point, x, t)
        delta = 3 * torch.randn(h.shape, generator=generator).double()
        out |= {f"h_{point}": h, f"delta_{point}": delta, f"eps_{point}": inject(model, point, x, t, delta)}
    if case in DERIVATIVES + conditional.DERIVATIVES:
        out["v"] = torch.randn(out["h_after"].shape, generator=generator).double()
        out["u"] = torch.randn(out["eps"].shape, generator=generator).double()
        for point in POINTS:
            out[f"jvp_{point}"] = jvp(model, point, x, t, out[f"h_{point}"], out["v"])
            out[f"vjp_{point}"] = vjp(model, point, x, t, out[f"h_{point}"], out["u"])
            check_derivatives(model, point, x, t, out)
    return {name: tensor.contiguous() for name, tensor in out.items()}


def check_derivatives(model, point, x, t, out):
    """The two products agree with each other and with a central difference."""
    h, v, u, jv, jtu = (out[k] for k in (f"h_{point}", "v", "u", f"jvp_{point}", f"vjp_{point}"))
    torch.testing.assert_close((jv * u).sum(), (v * jtu).sum(), rtol=1e-11, atol=1e-11)
    step = 1e-5
    difference = replaced(model, point, x, t, h + step * v) - replaced(model, point, x, t, h - step * v)
    torch.testing.assert_close(difference / (2 * step), jv, rtol=1e-6, atol=1e-7)


def create(case):
    """The case's model, and the seed of its weights."""
    if case in CASES:
        return UNet2DModel(**CASES[case]), sorted(CASES).index(case)
    if case in conditional.CLASS_CASES:
        return UNet2DModel(**conditional.CLASS_CASES[case]), 100 + sorted(conditional.CLASS_CASES).index(case)
    return UNet2DConditionModel(**conditional.TEXT_CASES[case]), 200 + sorted(conditional.TEXT_CASES).index(case)


def make(case):
    directory = GOLDEN / case
    shutil.rmtree(directory, ignore_errors=True)
    model, seed = create(case)
    generator = torch.Generator().manual_seed(seed)
    randomise(model, generator)
    save(case, model, directory)
    variant = "fp16" if case == "float16_variant" else None
    model = type(model).from_pretrained(directory, variant=variant, torch_dtype=torch.float64).eval()
    tensors = golden(case, model, generator)
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all() or tensor.abs().max() < 0.05:
            raise ArithmeticError(f"{case}: {name} is not a useful test value, max |.| = {tensor.abs().max()}")
    save_file(tensors, directory / "golden.safetensors", metadata={"format": "hspace-golden", "case": case})
    size = sum(f.stat().st_size for f in directory.iterdir())
    effect = {p: round(float((tensors[f"eps_{p}"] - tensors["eps"]).std()), 2) for p in POINTS}
    print(f"{case:20} {size // 1024:4} KB  std of eps {tensors['eps'].std():.2f}, of what delta does to it {json.dumps(effect)}")


if __name__ == "__main__":
    command.run([*CASES, *conditional.CLASS_CASES, *conditional.TEXT_CASES], make)
