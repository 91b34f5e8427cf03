"""Trains the DDPM on the rendered portraits; resumable, and planned by the clock.

The learning rate follows the share of --minutes that training itself has used, so the run ends well whatever else the
machine is doing. Every few minutes DIR/checkpoint.pt is replaced, and a run that finds one goes on from it.

Each core has its own process with one thread and its share of the batch, and gradients are averaged once a step: on a
busy machine that waits far less than threads that meet after every operation.
"""

import argparse
import math
import os
import tempfile
import time
from pathlib import Path

import numpy
import torch
import torch.distributed as distributed
import torch.multiprocessing
import torch.nn.functional as functional

from network import Average, SkipDropout, cut_skips, new_network, new_scheduler, training_forward

WARM_UP_STEPS = 200
MIN_SNR_GAMMA = 5.0
SKIP_RATES = {32: 0.4}


class Batches:
    """Endless shuffled batches of flipped and scaled pictures, (B, 3, 64, 64) in [-1, 1]."""

    def __init__(self, images_file: Path, size: int, seed: int):
        self.images = torch.from_numpy(numpy.load(images_file, mmap_mode="c"))  # (N, 64, 64, 3) uint8
        self.size, self.generator = size, torch.Generator().manual_seed(seed)
        self.order = torch.empty(0, dtype=torch.long)

    def next(self) -> torch.Tensor:
        if len(self.order) < self.size:
            self.order = torch.randperm(len(self.images), generator=self.generator)
        picked, self.order = self.order[: self.size], self.order[self.size :]
        batch = self.images[picked].permute(0, 3, 1, 2).float() / 127.5 - 1
        flip = torch.rand(self.size, generator=self.generator) < 0.5
        batch[flip] = batch[flip].flip(-1)
        return batch.contiguous(memory_format=torch.channels_last)


def learning_rate(peak: float, step: int, used: float) -> float:
    """Linear warm-up by steps, cosine decay by the used share of the time, down to 2 % of the peak."""
    return peak * min(1.0, (step + 1) / WARM_UP_STEPS) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(used, 1.0))))


def thinned_share(used: float) -> float:
    """Most noisy samples lose skips for most of the run; near its end fewer do, for the samples' quality."""
    return 0.8 if used < 0.7 else 0.8 - 0.4 * min((used - 0.7) / 0.2, 1.0)


def loss_weights(alphas: torch.Tensor) -> torch.Tensor:
    """Min-SNR weights by timestep, (1000,), raised where noise is high: threefold at 600, tenfold at the end.

    There the squared error of epsilon is small however wrong the picture is, and there brightness, pose and features
    are decided.
    """
    ratio = alphas / (1 - alphas)
    timestep = torch.arange(len(alphas)) / len(alphas)
    raised = 1 + 2 * (timestep / 0.6).clamp_max(1) + 7 * ((timestep - 0.6) / 0.4).clamp_min(0)
    return ratio.clamp_max(MIN_SNR_GAMMA) / ratio * raised


def coarse_errors(difference: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Mean squares of the means of 16x16 squares and of the whole picture, at noisy timesteps only: (B,).

    difference: (B, 3, 64, 64). Each mean is scaled so that white noise weighs the same at every size. Brightness and
    colour are 3 of 12,288 numbers; without this the network left a third of their noise in at every t, and faces came out
    bleached or dark. The minimum stays where it was: the conditional mean, at every size. At smaller t the noise of so
    large an area cannot be told from the picture, and this would add nothing but noise to the gradient.
    """
    noisy = ((t / 1000 - 0.6) / 0.2).clamp(0, 1)
    return noisy * sum(size**2 * functional.avg_pool2d(difference, size).square().mean((1, 2, 3)) for size in (16, 64))


def save(path: Path, state: dict) -> None:
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def average_over_processes(network: torch.nn.Module, extra: list[float]) -> list[float]:
    """Averages the gradients, and a few numbers with them, over all processes; returns the numbers' means."""
    gradients = [parameter.grad for parameter in network.parameters() if parameter.requires_grad]
    flat = torch.cat([g.reshape(-1) for g in gradients] + [torch.tensor(extra)])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    parts = flat[: -len(extra)].split([g.numel() for g in gradients])
    torch._foreach_copy_(gradients, [part.view(g.shape) for part, g in zip(parts, gradients)])
    return flat[-len(extra) :].tolist()


def train(rank: int, options: argparse.Namespace, meeting: str) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=options.processes)
    share = options.batch // options.processes
    torch.manual_seed(options.seed)
    # Evaluation mode: there is no dropout in it, and in training mode diffusers copies every shortcut's input.
    network = new_network().to(memory_format=torch.channels_last).eval()
    if options.finish:
        network.load_state_dict(torch.load(options.finish, weights_only=True)["average"])
        network.requires_grad_(False)
        for part in (network.up_blocks[-1], network.conv_norm_out, network.conv_out):
            part.requires_grad_(True)
    average = Average(network, options.ema)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=options.lr, weight_decay=0.01, fused=True)
    step, images, seconds = 0, 0, 0.0
    checkpoint = options.out / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        average.network.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step, images, seconds, average.steps = state["step"], state["images"], state["seconds"], state["step"]
        if rank == 0:
            print(f"resumed at step {step}, {images} images, {seconds / 60:.1f} minutes", flush=True)
    cut_skips(network)
    cut_skips(average.network)
    dropout_of = (lambda used: 0.0) if options.finish else thinned_share
    seed = options.seed + step * options.processes + rank + 1
    torch.manual_seed(seed)
    batches = Batches(options.data / "images.npy", share, seed)
    alphas = new_scheduler().alphas_cumprod  # (1000,)
    weights = loss_weights(alphas)  # (1000,)

    budget, last, saved, running = options.minutes * 60, time.time(), seconds, None
    since_images, since = images, seconds
    while seconds < budget:
        used = seconds / budget
        rate = learning_rate(options.lr, step, used)
        for group in optimiser.param_groups:
            group["lr"] = rate
        clean = batches.next()
        strata = torch.arange(share) + torch.rand(share)
        t = (strata * (1000 / share)).long()  # (B,): spread evenly over the timesteps
        noise = torch.randn_like(clean)
        signal = alphas[t].view(-1, 1, 1, 1)
        noisy = (signal.sqrt() * clean + (1 - signal).sqrt() * noise).contiguous(memory_format=torch.channels_last)
        predicted = training_forward(network, noisy, t, SkipDropout(dropout_of(used), SKIP_RATES))
        difference = predicted - noise
        loss = (difference.square().mean((1, 2, 3)) * weights[t] + options.coarse * coarse_errors(difference, t)).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        now = time.time()
        mean_loss, seconds = average_over_processes(network, [loss.item(), seconds + now - last])
        last = now
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        cut_skips(network)
        average.update(network)
        step, images = step + 1, images + options.batch
        if rank > 0:
            continue
        running = mean_loss if running is None else running + 0.01 * (mean_loss - running)
        if step % 50 == 0:
            speed = (images - since_images) / (seconds - since)
            since_images, since = images, seconds
            print(f"step {step}  {images} images  {seconds / 60:.1f} min  {speed:.1f} images/s"
                  f"  loss {running:.4f}  lr {rate:.2e}", flush=True)  # fmt: skip
        if seconds - saved > options.save_every * 60 or seconds >= budget:
            saved = seconds
            save(checkpoint, {
                "network": network.state_dict(), "average": average.network.state_dict(),
                "optimiser": optimiser.state_dict(), "step": step, "images": images, "seconds": seconds,
            })  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that render.py filled")
    parser.add_argument("--out", type=Path, required=True, help="where the checkpoint lies")
    parser.add_argument("--minutes", type=float, default=110, help="training time in all, over resumptions")
    parser.add_argument("--finish", type=Path, help="train the last block alone, from this checkpoint's average")
    parser.add_argument("--coarse", type=float, default=0.1, help="weight of the coarse errors")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--lr", type=float, default=6e-4)
    parser.add_argument("--ema", type=float, default=0.999)
    parser.add_argument("--save-every", type=float, default=4, help="minutes between checkpoints")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2, help="one a core; must divide the batch")
    options = parser.parse_args()
    if options.batch % options.processes:
        parser.error(f"--batch {options.batch} cannot be shared among {options.processes} processes")
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(train, (options, f"{folder}/meeting"), nprocs=options.processes)


if __name__ == "__main__":
    main()
