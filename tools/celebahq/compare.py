"""Runs published U-Net configurations, with random weights, in diffusers and in this engine, side by side.

For each: the relative difference of h and of x_0 after T steps of the same noise, the time of a forward of one image and
the peak memory of the process. The two take turns, because other work on a machine comes and goes.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import torch
from published import CHECKPOINTS
from random_pipeline import make
from reference import files

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
import report  # noqa: E402
import workers  # noqa: E402

ENGINES = ("reference", "hspace-fp32")
BOUND = 1e-4  # float32 through some hundred layers, twice


def relative(a, b):
    """‖a - b‖ / ‖b‖"""
    return float((a.double() - b.double()).norm() / b.double().norm())


def median(numbers):
    return sorted(numbers)[len(numbers) // 2]


def compare(name, options, logs):
    checkpoint = CHECKPOINTS[name]
    model = make(name, checkpoint)
    engines = {}
    try:
        for engine in ENGINES:
            engines[engine] = workers.start(engine, model, options.threads, logs)
        saved = {engine: logs / f"{name}-{engine}.safetensors" for engine in ENGINES}
        for engine, worker in engines.items():
            worker.ask("sample", seeds=[0], steps=options.steps, eta=1, save=str(saved[engine]))
        (a, _), (b, _) = (files.load_trajectory(saved[engine]) for engine in ENGINES)
        times, peaks = {engine: [] for engine in ENGINES}, {}
        for _ in range(options.turns):
            for engine, worker in engines.items():
                reply = worker.ask("forward", batch=1, repeat=1)
                times[engine].append(reply["seconds"])
                peaks[engine] = max(peaks.get(engine, 0), reply["peak_mb"])
    finally:
        for worker in engines.values():
            worker.close()
    return {
        "checkpoint": checkpoint.repository,
        "parameters": checkpoint.parameters,
        "h": relative(b.h, a.h),
        "x_0": relative(b.x_0, a.x_0),
        "seconds": {engine: median(times[engine]) for engine in ENGINES},
        "peak_mb": peaks,
    }


def main():
    p = argparse.ArgumentParser(prog="tools/celebahq/compare", description=__doc__)
    p.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CHECKPOINTS)} (default: celebahq-256)")
    p.add_argument("--steps", type=int, default=2, help="T (default %(default)s)")
    p.add_argument("--turns", type=int, default=3, help="forwards timed in each engine (default %(default)s)")
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    p.add_argument("--json", type=Path, help="file to write")
    options = p.parse_args()
    names = options.names or ["celebahq-256"]
    for name in names:
        if name not in CHECKPOINTS:
            p.error(f"NAME: expected one of {', '.join(CHECKPOINTS)}, found {name}")
    torch.set_num_threads(options.threads)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder)
        try:
            rows = [compare(name, options, logs) for name in names]
        except RuntimeError as e:
            for log in logs.glob("*.log"):
                sys.stderr.write(log.read_text()[-2000:])
            raise SystemExit(str(e)) from e
    header = ["U-Net of", "parameters", "difference of h", "of x_0", "diffusers", "hspace", "ratio", "memory"]
    print(report.table(header, [line(row) for row in rows]))
    print(f"\nT = {options.steps}, eta = 1, one image, float32, {options.threads} threads; times are of one forward.")
    if options.json:
        report.write_json(options.json, rows)
    return 0 if all(max(row["h"], row["x_0"]) <= BOUND for row in rows) else 1


def line(row):
    theirs, ours = (row["seconds"][engine] for engine in ENGINES)
    return [
        row["checkpoint"],
        f"{row['parameters'] / 1e6:.1f} M",
        f"{row['h']:.1e}",
        f"{row['x_0']:.1e}",
        f"{theirs:.2f} s",
        f"{ours:.2f} s",
        f"{ours / theirs:.2f}",
        f"{row['peak_mb'][ENGINES[0]]:,.0f} / {row['peak_mb'][ENGINES[1]]:,.0f} MB",
    ]


if __name__ == "__main__":
    sys.exit(main())
