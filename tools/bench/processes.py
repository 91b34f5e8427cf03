"""What needs a fresh process for each turn: start-up, and memory that must not grow with the number of samples."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import workers


def run(command):
    """Seconds and peak MB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        last = message.decode(errors="replace").strip().splitlines()[-1:]
        raise RuntimeError(f"{' '.join(map(str, command))}: exit status {os.waitstatus_to_exitcode(status)}: {last}")
    return seconds, usage.ru_maxrss / 1000


def row(workload, engine, turns):
    return {
        "workload": workload,
        "engine": engine,
        "median_ms": round(1000 * statistics.median(seconds for seconds, _ in turns), 1),
        "peak_mb": round(max(mb for _, mb in turns), 1),
        "rounds": len(turns),
    }


def startup(model, threads, rounds):
    """`sample` of one image in one step, from the command line, in turns; the first turn warms the file caches."""
    options = ["--model", model, "--seeds", "0", "--steps", "1", "--threads", threads]
    commands = {
        "reference": [sys.executable, "-m", "reference", "sample", *options],
        "hspace-fp32": [workers.launcher(), "sample", *options],
    }
    turns = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds + 1):
            for name, command in commands.items():
                turns[name].append(run([*command, "--out", Path(folder) / f"{name}.png"]))
    return [row("start-up to the end of the first step", name, done[1:]) for name, done in turns.items()]


def pca_memory(model, threads, quick):
    """PCA of few and of a hundred times as many samples: the same peak, if memory does not depend on their number."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for samples in (20, 40) if quick else (20, 2000):
            command = [workers.launcher(), "pca", "--model", model, "--samples", samples, "--components", 10, "--steps", 4]
            command += ["--threads", threads, "--out", Path(folder) / "pca.safetensors"]
            rows.append(row(f"PCA of {samples} samples in a fresh process, T = 4, k = 10", "hspace-fp32", [run(command)]))
    return rows
