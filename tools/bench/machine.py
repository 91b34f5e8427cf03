"""What a benchmark ran on, and the convolution speed that the machine reaches at best."""

import json
import os
import platform
import subprocess
import time
from datetime import date

import torch


def cpu_name():
    with open("/proc/cpuinfo") as file:
        return next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())


def commit():
    root = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run(["git", "-C", root, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def describe(threads):
    """The header of a report."""
    import diffusers

    return {
        "date": date.today().isoformat(),
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "threads": threads,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "pytorch": torch.__version__,
        "diffusers": diffusers.__version__,
        "commit": commit(),
    }


def convolution_peak(threads, seconds=2.0):
    """GFLOP/s of 3x3 convolutions, channels-last, at the best of several shapes: {dtype: figure}."""
    torch.set_num_threads(threads)
    shapes = [(8, 64, 64), (8, 128, 32), (1, 256, 32), (1, 128, 64)]  # batch, channels, height = width
    peak = {}
    for dtype in (torch.float32, torch.bfloat16):
        best = 0.0
        for batch, channels, size in shapes:
            x = torch.randn(batch, channels, size, size).to(dtype, memory_format=torch.channels_last)
            conv = torch.nn.Conv2d(channels, channels, 3, padding=1).to(dtype, memory_format=torch.channels_last)
            work = 2 * 9 * batch * channels**2 * size**2
            end = time.perf_counter() + seconds / len(shapes)
            with torch.inference_mode():
                while time.perf_counter() < end:
                    start = time.perf_counter()
                    conv(x)
                    best = max(best, work / (time.perf_counter() - start) / 1e9)
        peak[str(dtype).removeprefix("torch.")] = round(best, 1)
    return peak


def forward_flops(model):
    """Multiply-adds of a batch-1 forward, times two: convolutions, linear layers and attention's matrix products."""
    from torch.utils.flop_counter import FlopCounterMode

    size = model.config.sample_size
    height, width = (size, size) if isinstance(size, int) else size
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(1, model.config.in_channels, height, width), 0)
    return counter.get_total_flops()


if __name__ == "__main__":
    threads = torch.get_num_threads()
    print(json.dumps(describe(threads) | {"convolution_gflops": convolution_peak(threads)}, indent=2))
