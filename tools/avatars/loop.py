"""A training loop that is resumable and planned by processor time, with a process a core, for any network and loss.

The learning rate follows the share of --minutes that training itself has computed, so a machine that does other things
first costs time and not quality. Every few minutes OUT/checkpoint.pt is replaced, and a run that finds one goes on from it.

Each core has its own process with one thread and its share of the batch, and gradients are averaged once a step: on a
busy machine that waits far less than threads that meet after every operation.
"""

import argparse
import math
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch
import torch.distributed as distributed
import torch.multiprocessing

from network import Average

WARM_UP_STEPS = 200


class Task(Protocol):
    """What is trained. It is made once a process, from the options, its share of the batch and a seed of its own."""

    network: torch.nn.Module

    def loss(self, used: float) -> torch.Tensor:
        """The loss of a fresh batch, when this share of the time is used."""

    def constrain(self, network: torch.nn.Module) -> None:
        """Called after each step: puts weights that must not move back."""


def learning_rate(peak: float, step: int, used: float) -> float:
    """Linear warm-up by steps, cosine decay by the used share of the time, down to 2 % of the peak."""
    return peak * min(1.0, (step + 1) / WARM_UP_STEPS) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(used, 1.0))))


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


def add_options(parser: argparse.ArgumentParser, minutes: float, batch: int, lr: float) -> None:
    parser.add_argument("--data", type=Path, required=True, help="the folder of the training data")
    parser.add_argument("--out", type=Path, required=True, help="where the checkpoint lies")
    parser.add_argument("--minutes", type=float, default=minutes, help="training time in all, over resumptions")
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--lr", type=float, default=lr)
    parser.add_argument("--ema", type=float, default=0.999)
    parser.add_argument("--save-every", type=float, default=4, help="minutes between checkpoints")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2, help="one a core; must divide the batch")


def run(
    make_task: Callable[[argparse.Namespace, int, int], Task],
    options: argparse.Namespace,
    clock: Callable[[], float] = time.process_time,
) -> None:
    """Trains until the options' minutes are used, as the clock measures them."""
    if options.batch % options.processes:
        raise SystemExit(f"--batch {options.batch} cannot be shared among {options.processes} processes")
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        arguments = (make_task, options, clock, f"{folder}/meeting")
        # A fork need not import everything once more; nothing has used threads yet.
        torch.multiprocessing.start_processes(_work, arguments, nprocs=options.processes, start_method="fork")


def _work(rank: int, make_task, options: argparse.Namespace, clock: Callable[[], float], meeting: str) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=options.processes)
    torch.manual_seed(options.seed)  # the same first weights everywhere
    checkpoint = options.out / "checkpoint.pt"
    state = torch.load(checkpoint, weights_only=True) if checkpoint.exists() else None
    step, images, seconds = (state["step"], state["images"], state["seconds"]) if state else (0, 0, 0.0)
    seed = options.seed + step * options.processes + rank + 1
    task = make_task(options, options.batch // options.processes, seed)
    network, average = task.network, Average(task.network, options.ema)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=options.lr, weight_decay=0.01, fused=True)
    if state:
        network.load_state_dict(state["network"])
        average.network.load_state_dict(state["average"])
        average.steps = step
        optimiser.load_state_dict(state["optimiser"])
        if rank == 0:
            print(f"resumed at step {step}, {images} images, {seconds / 60:.1f} minutes", flush=True)
    task.constrain(network)
    task.constrain(average.network)
    torch.manual_seed(seed)

    budget, last, saved, running = options.minutes * 60, clock(), seconds, None
    since_images, since = images, seconds
    while seconds < budget:
        rate = learning_rate(options.lr, step, seconds / budget)
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = task.loss(seconds / budget)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        now = clock()
        mean_loss, seconds = average_over_processes(network, [loss.item(), seconds + now - last])
        last = now
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        task.constrain(network)
        average.update(network)
        step, images = step + 1, images + options.batch
        if rank > 0:
            continue
        running = mean_loss if running is None else running + 0.01 * (mean_loss - running)
        if step % 50 == 0:
            speed = (images - since_images) / (seconds - since)
            since_images, since = images, seconds
            print(f"step {step}  {images} images  {seconds / 60:.1f} min  {speed:.1f} images/s of each"
                  f"  loss {running:.4f}  lr {rate:.2e}", flush=True)  # fmt: skip
        if seconds - saved > options.save_every * 60 or seconds >= budget:
            saved = seconds
            save(checkpoint, {
                "network": network.state_dict(), "average": average.network.state_dict(),
                "optimiser": optimiser.state_dict(), "step": step, "images": images, "seconds": seconds,
            })  # fmt: skip
