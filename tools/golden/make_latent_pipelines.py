"""Writes src/test/resources/golden/<kind>-pipeline/: tiny random pipelines of latents and texts, and what diffusers makes with them.

Run with the versions of requirements.txt:  python tools/golden/make_latent_pipelines.py [kind ...]
Each is a whole directory as diffusers saves it, with golden.safetensors: pipelines run in float64 from given latents, README.md lists
the tensors. Tokenizers are of CLIP's format with a vocabulary of bytes and a few merges.
"""

import json
import shutil
import tempfile
from pathlib import Path

import command
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    LDMPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    UNet2DModel,
    VQModel,
)
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer
from transformers.models.clip.tokenization_clip import bytes_to_unicode

GOLDEN = Path(__file__).resolve().parents[2] / "src" / "test" / "resources" / "golden"
LENGTH, STEPS, GUIDANCE = 12, 4, 3.5
PROMPT, NEGATIVE = "A smiling woman with Ünïcode glasses", "hat"
MERGES = ["t h", "th e</w>", "w i", "wi th</w>", "s m", "sm i", "smi l", "h a", "ha t</w>", "g l", "m a", "ma n</w>"]


def tokenizer(pad=None):
    symbols = list(bytes_to_unicode().values())
    names = symbols + [s + "</w>" for s in symbols] + [m.replace(" ", "") for m in MERGES] + ["<|startoftext|>", "<|endoftext|>"]
    with tempfile.TemporaryDirectory() as folder:
        vocabulary, merges = Path(folder) / "vocab.json", Path(folder) / "merges.txt"
        vocabulary.write_text(json.dumps({name: i for i, name in enumerate(names)}, ensure_ascii=False), encoding="utf-8")
        merges.write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n", encoding="utf-8")
        options = {"pad_token": pad} if pad else {}
        return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=LENGTH, **options)


def random_weights(model, generator, scale=1.0):
    for name, p in model.named_parameters():
        values = torch.randn(p.shape, generator=generator)
        if "norm" in name:
            p.copy_(0.2 * values + (1 if name.endswith("weight") else 0))
        elif p.dim() == 1:
            p.copy_(0.1 * values)
        else:
            p.copy_(scale * values / (1 if "embed" in name and p.dim() == 2 and "time" not in name else p[0].numel() ** 0.5))
    return model.eval()


def text_encoder(kind, words, generator, **config):
    end = words.convert_tokens_to_ids("<|endoftext|>")
    return random_weights(
        kind(
            CLIPTextConfig(
                vocab_size=len(words), intermediate_size=12, num_hidden_layers=3, num_attention_heads=2,
                max_position_embeddings=LENGTH, bos_token_id=end - 1, eos_token_id=end, pad_token_id=words.pad_token_id, **config,
            )
        ),
        generator,
    )


def conditional_unet(generator, **config):
    return random_weights(
        UNet2DConditionModel(
            sample_size=8, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            **config,
        ),
        generator,
        0.8,
    )


def autoencoder(generator):
    return random_weights(
        AutoencoderKL(
            block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2, latent_channels=4, sample_size=16, scaling_factor=0.5,
            down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2, force_upcast=False,
        ),
        generator,
        0.7,
    )


def schedule(**config):
    return DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False, steps_offset=1, **config
    )


def stable_diffusion(generator, **config):
    words = tokenizer()
    return StableDiffusionPipeline(
        vae=autoencoder(generator),
        text_encoder=text_encoder(CLIPTextModel, words, generator, hidden_size=8, hidden_act="quick_gelu"),
        tokenizer=words,
        unet=conditional_unet(generator, cross_attention_dim=8, attention_head_dim=2),
        scheduler=schedule(**config),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )


def stable_diffusion_xl(generator):
    words, others = tokenizer(), tokenizer(pad="!")
    return StableDiffusionXLPipeline(
        vae=autoencoder(generator),
        text_encoder=text_encoder(CLIPTextModel, words, generator, hidden_size=8, hidden_act="quick_gelu"),
        text_encoder_2=text_encoder(CLIPTextModelWithProjection, others, generator, hidden_size=10, projection_dim=6, hidden_act="gelu"),
        tokenizer=words,
        tokenizer_2=others,
        unet=conditional_unet(
            generator, cross_attention_dim=18, attention_head_dim=(1, 2), transformer_layers_per_block=(1, 2), use_linear_projection=True,
            addition_embed_type="text_time", addition_time_embed_dim=4, projection_class_embeddings_input_dim=30,
        ),
        scheduler=schedule(),
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )


def latent_diffusion(generator):
    unet = random_weights(
        UNet2DModel(
            sample_size=8, in_channels=3, out_channels=3, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
            attention_head_dim=4, down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        ),
        generator,
        0.8,
    )
    codec = VQModel(
        block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2, latent_channels=3, num_vq_embeddings=32, sample_size=16,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2, scaling_factor=0.5,
    )
    random_weights(codec, generator, 0.7)
    return LDMPipeline(
        vqvae=codec, unet=unet,
        scheduler=DDIMScheduler(beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear", clip_sample=False),
    )


KINDS = {
    "sd": (StableDiffusionPipeline, stable_diffusion),
    "sd2": (StableDiffusionPipeline, lambda g: stable_diffusion(g, prediction_type="v_prediction")),
    "sdxl": (StableDiffusionXLPipeline, stable_diffusion_xl),
    "ldm": (LDMPipeline, latent_diffusion),
}


def run_text(pipe, latents):
    """Latents and pictures, guided (with a negative prompt, and without one) and not."""
    found = {}
    cases = {"guided": (GUIDANCE, NEGATIVE), "no_negative": (GUIDANCE, None), "plain": (1.0, None)}
    for name, (guidance, negative) in cases.items():
        options = dict(
            prompt=[PROMPT] * len(latents), negative_prompt=negative and [negative] * len(latents), guidance_scale=guidance,
            num_inference_steps=STEPS, eta=0.0,
        )
        for kind in ("latent", "pt"):
            found[f"{name}_{kind}"] = pipe(latents=latents.clone(), output_type=kind, **options).images
    return found


class Injection:
    """Reads h behind the mid block, the prompt's, and adds Δh (T, c, h, w) in the passes `into`; of guided passes the negative's rows come first."""

    def __init__(self, unet, delta, into):
        self.delta, self.into, self.h = delta, into, []
        self.hook = unet.mid_block.register_forward_hook(self)

    def __call__(self, module, inputs, output):
        negative, prompt = output.chunk(2)
        self.h.append(prompt.clone())
        delta = self.delta[len(self.h) - 1]
        return torch.cat([
            negative + (0 if self.into == "prompt" else delta), prompt + (0 if self.into == "negative" else delta)
        ])  # fmt: skip


def run_edited(pipe, latents, generator):
    """Latents of guided runs with Δh in either pass or both, and h of the one with both."""
    side = pipe.unet.config.sample_size // 2
    delta = torch.randn(STEPS, pipe.unet.config.block_out_channels[-1], side, side, generator=generator).double()
    found = {"delta_h": delta}
    for into in ("both", "prompt", "negative"):
        injection = Injection(pipe.unet, delta, into)
        found[f"edited_{into}_latent"] = pipe(
            prompt=[PROMPT] * len(latents), negative_prompt=[NEGATIVE] * len(latents), guidance_scale=GUIDANCE, num_inference_steps=STEPS,
            eta=0.0, latents=latents.clone(), output_type="latent",
        ).images
        injection.hook.remove()
        if into == "both":
            found["edited_both_h"] = torch.stack(injection.h, 1)
    return found


def run_unconditional(pipe, latents):
    x = latents.clone()
    pipe.scheduler.set_timesteps(STEPS)
    for t in pipe.scheduler.timesteps:
        x = pipe.scheduler.step(pipe.unet(x, t).sample, t, x, eta=0.0).prev_sample
    decoded = pipe.vqvae.decode(x / pipe.vqvae.config.scaling_factor).sample
    return {"plain_latent": x, "plain_pt": (decoded / 2 + 0.5).clamp(0, 1)}


def tokens_of(pipe):
    found = {}
    for name in ("tokenizer", "tokenizer_2"):
        if getattr(pipe, name, None) is None:
            continue
        for key, text in (("prompt", PROMPT), ("negative", NEGATIVE), ("empty", "")):
            ids = getattr(pipe, name)(text, padding="max_length", max_length=LENGTH, truncation=True).input_ids
            found[f"{name}_{key}"] = torch.tensor(ids)
    return found


def make(kind):
    directory = GOLDEN / f"{kind}-pipeline"
    shutil.rmtree(directory, ignore_errors=True)
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(list(KINDS).index(kind))
    pipeline_class, build = KINDS[kind]
    build(generator).save_pretrained(directory)
    pipe = pipeline_class.from_pretrained(directory).to(torch.float64)
    pipe.set_progress_bar_config(disable=True)
    latents = torch.randn(2, pipe.unet.config.in_channels, 8, 8, generator=generator).double()
    torch.set_default_dtype(torch.float64)  # transformers makes its mask in the default type
    if kind == "ldm":
        found = run_unconditional(pipe, latents)
    else:
        found = run_text(pipe, latents) | run_edited(pipe, latents, generator)
    torch.set_default_dtype(torch.float32)
    tensors = {"start": latents} | found | tokens_of(pipe)
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all() or (tensor.is_floating_point() and tensor.std() < 0.02):
            raise ArithmeticError(f"{kind}: {name} is no useful test value, std {tensor.std()}")
    save_file({n: t.contiguous().clone() for n, t in tensors.items()}, directory / "golden.safetensors", metadata={"format": "hspace-golden"})
    size = sum(f.stat().st_size for f in directory.rglob("*") if f.is_file())
    print(f"{kind:6} {size // 1024:4} KB  " + ", ".join(f"{n} {t.double().std():.2f}" for n, t in tensors.items()))


if __name__ == "__main__":
    command.run(KINDS, make)
