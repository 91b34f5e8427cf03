"""From the start of the command line to the end of its first step: whole processes, one after the other."""

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


def measure(model, threads, rounds):
    """Rows for `sample` of one image in one step, in turns; the first turn of each warms the file caches."""
    options = ["--model", model, "--seeds", "0", "--steps", "1", "--threads", threads]
    commands = {
        "reference": [sys.executable, "-m", "reference", "sample", *options],
        "hspace-fp32": [workers.ROOT / "tools/hspace", "sample", *options],
    }
    turns = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds + 1):
            for name, command in commands.items():
                picture = Path(folder) / f"{name}.png"
                turns[name].append(run([*command, "--out", picture]))
    return [
        {
            "workload": "start-up to the end of the first step",
            "engine": name,
            "median_ms": round(1000 * statistics.median(s for s, _ in done[1:]), 1),
            "peak_mb": round(max(mb for _, mb in done), 1),
            "rounds": len(done) - 1,
        }
        for name, done in turns.items()
    ]
