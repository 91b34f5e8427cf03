"""The latent, text-conditioned network: its shape, its text encoder, and its training-time forward with skip dropout."""

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from network import INNER_DTYPE, SkipDropout, inner_products
from tokenizer import LENGTH

TEXT_WIDTH = 128
LATENT_SIZE = 32

CONFIG = {
    "sample_size": LATENT_SIZE,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": (32, 64, 128, 160),
    "layers_per_block": 1,
    # At 8x8 and 4x4: what the captions say is coarse, and at 16x16 attention would take a third of the time.
    "down_block_types": ("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
    "cross_attention_dim": TEXT_WIDTH,
    "attention_head_dim": 4,  # diffusers reads it as the number of heads
    "norm_num_groups": 4,  # at least 8 channels a group, as in network.py
}


def new_unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(**CONFIG)


def new_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    return CLIPTextModel(CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=TEXT_WIDTH, intermediate_size=4 * TEXT_WIDTH, projection_dim=TEXT_WIDTH,
        num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=LENGTH, hidden_act="quick_gelu",
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    ))  # fmt: skip


def new_scheduler() -> DDIMScheduler:
    """The schedule of CompVis' latent diffusion of faces; that of Stable Diffusion ends before brightness has gone."""
    return DDIMScheduler(
        num_train_timesteps=1000, beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear",
        prediction_type="v_prediction", clip_sample=False, set_alpha_to_one=False, steps_offset=1,
    )  # fmt: skip


class Conditioned(nn.Module):
    """The U-Net and the text encoder that it is trained with."""

    def __init__(self, tokenizer: CLIPTokenizer):
        super().__init__()
        self.unet = new_unet()
        self.text_encoder = new_text_encoder(tokenizer)
        # CLIP's first weights are far too small for a text encoder that starts from nothing.
        for embedding in (self.text_encoder.text_model.embeddings.token_embedding,
                          self.text_encoder.text_model.embeddings.position_embedding):  # fmt: skip
            nn.init.normal_(embedding.weight, std=0.3)

    def forward(self, x: torch.Tensor, t: torch.Tensor, tokens: torch.Tensor, dropout: SkipDropout) -> torch.Tensor:
        """x (B, 4, 32, 32), t (B,), tokens (B, 32) to v (B, 4, 32, 32), in INNER_DTYPE with both ends in fp32.

        The same operations as UNet2DConditionModel.forward, block by block, so that skips can be dropped between them.
        """
        drop, unet = dropout(t), self.unet
        emb = unet.time_embedding(unet.time_proj(t))  # (B, 256)
        hidden = unet.conv_in(x).to(INNER_DTYPE)
        skips = [hidden]
        # The plain formula of attention: for so few positions its backward is faster than the fused kernel's.
        with inner_products(), sdpa_kernel(SDPBackend.MATH):
            text = {"encoder_hidden_states": self.text_encoder(tokens).last_hidden_state}  # (B, 32, 128)
            for block in unet.down_blocks:
                hidden, made = block(hidden_states=hidden, temb=emb, **(text if has_attention(block) else {}))
                skips.extend(made)
            hidden = unet.mid_block(hidden, emb, **text)
            for block in unet.up_blocks:
                count = len(block.resnets)
                used, skips = skips[-count:], skips[:-count]
                used = tuple(drop(skip) for skip in used)
                hidden = block(hidden, used, emb, **(text if has_attention(block) else {}))
        hidden = unet.conv_act(unet.conv_norm_out(hidden.float()))
        return unet.conv_out(hidden)


def has_attention(block: nn.Module) -> bool:
    return getattr(block, "has_cross_attention", False)
