"""Sampling with the bottleneck h recorded and a change of it injected, for the control measure and the sheet."""

import torch

from network import new_scheduler


def noise_of(seeds: list[int], steps: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Start noise (N, 3, 64, 64) and step noise (N, T, 3, 64, 64); a seed's noise does not depend on its company."""
    start = [torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    later = [torch.randn(steps, 3, 64, 64, generator=torch.Generator().manual_seed(seed + 2**40)) for seed in seeds]
    return torch.stack(start), torch.stack(later)


@torch.inference_mode()
def sample(network, seeds: list[int], steps: int, eta: float = 1.0, change: torch.Tensor | None = None,
           batch: int = 32) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Samples with eta: pictures (N, 3, 64, 64) in [-1, 1] and h (N, T, c, h, w), as it was before the change.

    change: (T, c, h, w), added to the mid block's output at every step.
    """
    alphas = new_scheduler().alphas_cumprod
    stride = len(alphas) // steps
    timesteps = [stride * i for i in reversed(range(steps))]
    pictures, recorded = [], []
    for first in range(0, len(seeds), batch):
        x, later = noise_of(seeds[first : first + batch], steps)
        x = x.contiguous(memory_format=torch.channels_last)
        kept: list[torch.Tensor] = []
        for i, t in enumerate(timesteps):

            def record(_module, _inputs, h, step=i):
                kept.append(h.float())
                return h if change is None else h + change[step]

            handle = network.mid_block.register_forward_hook(record)
            try:
                epsilon = network(x, t).sample
            finally:
                handle.remove()
            here = alphas[t]
            before = alphas[t - stride] if t >= stride else torch.tensor(1.0)
            sigma = eta * torch.sqrt((1 - before) / (1 - here) * (1 - here / before))
            predicted = (x - (1 - here).sqrt() * epsilon) / here.sqrt()
            x = before.sqrt() * predicted + (1 - before - sigma**2).clamp_min(0).sqrt() * epsilon
            x = x + sigma * later[:, i]
        pictures.append(x.clamp(-1, 1).contiguous())
        recorded.append(torch.stack(kept, 1))
    return torch.cat(pictures), torch.cat(recorded)
