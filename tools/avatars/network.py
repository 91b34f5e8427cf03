"""The shipped network's shape, its training-time forward with skip dropout, and the exponential moving average."""

import copy

import torch
from diffusers import DDPMScheduler, UNet2DModel
from torch.nn.attention import SDPBackend, sdpa_kernel

CONFIG = {
    "sample_size": 64,
    "in_channels": 3,
    "out_channels": 3,
    "block_out_channels": (32, 64, 96, 128, 160),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
    "attention_head_dim": 32,
    "norm_num_groups": 4,  # at least 8 channels a group, or the mean colour cannot get through
    "downsample_padding": 1,
    "flip_sin_to_cos": False,
    "freq_shift": 1,
}


def new_network() -> UNet2DModel:
    return UNet2DModel(**CONFIG)


def new_scheduler() -> DDPMScheduler:
    return DDPMScheduler(
        num_train_timesteps=1000, beta_start=1e-4, beta_end=0.02, beta_schedule="linear",
        prediction_type="epsilon", clip_sample=False,
    )  # fmt: skip


# Products in bf16 where the processor multiplies it; elsewhere bf16 is emulated and takes nine times as long as fp32.
INNER_DTYPE = torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32


def inner_products() -> torch.autocast:
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=INNER_DTYPE == torch.bfloat16)


CUT_RESOLUTION = 16


@torch.no_grad()
def cut_skips(network: UNet2DModel) -> None:
    """Zeroes the weights through which the decoder sees the skips at 16x16 and below.

    With these skips the decoder has two sources for everything coarse and keeps to the one that nobody edits: then the
    bottleneck knows an attribute and does not control it. Without them all that is coarse comes from h.
    """
    widths = list(reversed(network.config.block_out_channels))
    resolution = network.config.sample_size // 2 ** (len(widths) - 1)
    for i, block in enumerate(network.up_blocks):
        if resolution > CUT_RESOLUTION:
            break
        for j, resnet in enumerate(block.resnets):
            hidden = widths[max(i - 1, 0)] if j == 0 else widths[i]  # the channels that come from below
            resnet.conv1.weight[:, hidden:] = 0
            resnet.conv_shortcut.weight[:, hidden:] = 0
        resolution *= 2


class SkipDropout:
    """Which skip connections a training batch does without.

    A sample whose timestep is at least `earliest` is thinned with probability `share`; a thinned sample loses each skip
    at the resolutions named in `rates` with that probability, so that what is not quite coarse passes through the
    bottleneck as well. Nearer to the clean picture what remains is detail, which the skips may carry.
    Nothing is dropped outside training.
    """

    def __init__(self, share: float, rates: dict[int, float], earliest: int = 200):
        self.share, self.rates, self.earliest = share, rates, earliest

    def __call__(self, t: torch.Tensor):
        batch = len(t)
        thinned = (torch.rand(batch) < self.share) & (t >= self.earliest)  # (B,)

        def drop(skip: torch.Tensor) -> torch.Tensor:
            rate = self.rates.get(skip.shape[-1], 0.0)
            lost = thinned & (torch.rand(batch) < rate)
            return skip * (~lost).to(skip.dtype).view(-1, 1, 1, 1) if rate else skip

        return drop


def training_forward(network: UNet2DModel, x: torch.Tensor, t: torch.Tensor, dropout: SkipDropout) -> torch.Tensor:
    """The network's forward, x (B, 3, 64, 64) and t (B,) to epsilon (B, 3, 64, 64), in INNER_DTYPE with both ends in fp32.

    The same operations as UNet2DModel.forward, block by block, so that skips can be dropped between them.
    """
    drop = dropout(t)
    emb = network.time_embedding(network.time_proj(t))  # (B, 128)
    hidden = network.conv_in(x).to(INNER_DTYPE)  # else every sum and concatenation at 64x64 would be done in fp32
    skips = [hidden]
    # The plain formula of attention: for so few positions its backward is faster than the fused kernel's.
    with inner_products(), sdpa_kernel(SDPBackend.MATH):
        for block in network.down_blocks:
            hidden, made = block(hidden_states=hidden, temb=emb)
            skips.extend(made)
        hidden = network.mid_block(hidden, emb)
        for block in network.up_blocks:
            count = len(block.resnets)
            used, skips = skips[-count:], skips[:-count]
            hidden = block(hidden, tuple(drop(skip) for skip in used), emb)
    hidden = network.conv_act(network.conv_norm_out(hidden.float()))
    return network.conv_out(hidden)


class Average:
    """An exponential moving average of the weights, with a warm-up so that early averages are not the first weights."""

    def __init__(self, network: torch.nn.Module, decay: float):
        self.decay, self.steps = decay, 0
        self.network = copy.deepcopy(network).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, network: torch.nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(list(self.network.parameters()), list(network.parameters()), 1 - decay)
