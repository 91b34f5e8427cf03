"""Side by side: the Python reference in several forms, and this engine. See README.md; started by tools/bench/run."""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import processes
import report
import torch
import workers
from exchange import make_inputs
from machine import convolution_peak, describe, forward_flops
from reference.pipeline import Pipeline
from safetensors.torch import load_file
from workloads import workloads

ENGINES = ("reference", "reference-tuned", "reference-compiled", "hspace-fp32", "hspace-bf16")
KINDS = ("forward", "sample", "edit", "invert", "pca", "jacobian", "startup", "memory")
FIGURES = ("pairs", "max_residual", "psnr_db", "compile_s")  # of a reply, beside its time
PRECISIONS = ("reference-tuned:float32", "reference-tuned:bfloat16")


def arguments():
    p = argparse.ArgumentParser(prog="tools/bench/run", description=__doc__)
    p.add_argument("--model", default=workers.ROOT / "models/avatars-64", type=Path, help="default: the shipped model")
    p.add_argument("--only", action="append", choices=KINDS, help="one kind of workload; repeatable")
    p.add_argument("--engines", default=",".join(ENGINES), help="default: %(default)s")
    p.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of every engine (default %(default)s)")
    p.add_argument("--device", default="cpu", help="of hspace: cpu or cuda")
    p.add_argument("--rounds", type=int, default=5, help="turns of each engine at most (default %(default)s)")
    p.add_argument("--seconds", type=float, default=240, help="of a workload: see README.md (default %(default)s)")
    p.add_argument("--quick", action="store_true", help="a smoke test in tiny sizes; its figures mean nothing")
    p.add_argument("--json", type=Path, help="file to write")
    p.add_argument("--out", type=Path, help="Markdown file to write; the report is printed in any case")
    return p.parse_args()


class Failures(list):
    def note(self, text):
        self.append(text)
        say(f"  failed: {text}")


def say(text):
    print(text, file=sys.stderr, flush=True)


def start_engines(args, folder, failures):
    """The workers by name; reference-tuned is one for each precision."""
    started = {}
    for engine in args.engines.split(","):
        for form in PRECISIONS if engine == "reference-tuned" else (engine,):
            say(f"starting {form}")
            worker = workers.start(form, args.model.resolve(), args.threads, folder, args.device)
            try:
                started[form] = (worker, worker.ask("info"))
            except RuntimeError as e:
                failures.note(str(e))
    return started


def describe_engine(info):
    """What an engine says of itself, on one line of a list."""
    return ", ".join(f"{key} {value}" for key, value in sorted(info.items()) if key not in ("seconds", "peak_mb")) + "  "


def measure(workload, started, args, failures):
    """Engines take turns, A B C A B C; the first turn of each only warms up. Returns replies by engine."""
    turns = {name: [] for name in started if name.split(":")[0] not in workload.skip}
    begun = time.perf_counter()
    for turn in range(args.rounds + 1):
        for name in list(turns):
            if turn > 0 and turns[name][0]["seconds"] > args.seconds / 4:
                continue  # a turn of minutes has its warm-up within itself
            try:
                turns[name].append(started[name][0].ask(**workload.request))
            except RuntimeError as e:
                failures.note(str(e))
                del turns[name]
        if turn > 0 and time.perf_counter() - begun > args.seconds:
            break
    return {name: replies[1:] or replies for name, replies in turns.items()}


def rows_of(workload, replies):
    """One row an engine; of the two precisions of reference-tuned the faster, both under `precisions`."""
    rows, precisions = [], []
    for name, turns in replies.items():
        engine, _, precision = name.partition(":")
        row = {
            "workload": workload.name,
            "engine": engine,
            "median_ms": round(1000 * statistics.median(t["seconds"] for t in turns) / workload.per, 3),
            "peak_mb": round(max(t["peak_mb"] for t in turns), 1),
            "rounds": len(turns),
        }
        row |= {key: turns[-1][key] for key in FIGURES if key in turns[-1]}
        if precision:
            precisions.append(row | {"precision": precision})
        else:
            rows.append(row)
    if precisions:
        rows.insert(min(1, len(rows)), min(precisions, key=lambda r: r["median_ms"]))
    return rows, precisions


def print_workload(workload, rows, precisions, flops, peak):
    """The table of one workload, in Markdown."""
    by_engine = {r["engine"]: r["median_ms"] for r in rows}
    lines = []
    for row in rows:
        name = row["engine"] + (f" ({row['precision']})" if "precision" in row else "")
        ratio = f"{by_engine['reference'] / row['median_ms']:.1f}x" if "reference" in by_engine else ""
        bf16 = "bf16" in name or row.get("precision") == "bfloat16"
        floor = 1e3 * workload.forwards * flops / (1e9 * peak["bfloat16" if bf16 else "float32"])
        share = f"{100 * floor / row['median_ms']:.0f} %" if workload.forwards else ""
        more = "; ".join(f"{key} {row[key]:.4g}" for key in FIGURES if key in row)
        lines.append([name, report.milliseconds(row["median_ms"]), ratio, share, f"{row['peak_mb']:,.0f}", more])
    for row in precisions:
        if row not in rows:
            lines.append([f"*reference-tuned ({row['precision']})*", report.milliseconds(row["median_ms"]), "", "", "", ""])
    header = ["engine", "median ms", "against reference", "of peak", "peak MB", ""]
    return f"## {workload.name}\n\n{report.table(header, lines)}\n"


def bf16_error(workload, started, folder):
    """PSNR in dB of the edited images of hspace in bfloat16 against those in float32."""
    if not {"hspace-fp32", "hspace-bf16"} <= started.keys():
        return None
    images = []
    for name in ("hspace-fp32", "hspace-bf16"):
        file = folder / f"{name}.safetensors"
        started[name][0].ask(**workload.request, save=str(file))
        images.append(load_file(file)["x_0"].float())
    return float(10 * torch.log10(4 / (images[0] - images[1]).square().mean()))


def main():
    args = arguments()
    failures = Failures()
    if not (args.model / "unet").is_dir():
        raise SystemExit(f"--model: expected a diffusers pipeline directory, found {args.model}")
    machine = describe(args.threads)
    say("measuring the machine's convolution peak")
    peak = convolution_peak(args.threads, 0.5 if args.quick else 4)
    flops = forward_flops(Pipeline.load(args.model, 10).model)
    text = [report.heading(f"{args.model.name}, {flops / 1e9:.2f} GFLOP a forward", machine, peak)]
    rows, precisions, facts = [], [], {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = make_inputs(args.model, 4 if args.quick else 50, folder)
        chosen = [w for w in workloads(args.quick, *inputs) if not args.only or w.kind in args.only]
        started = start_engines(args, folder, failures) if chosen else {}
        machine["engines"] = {name: info for name, (_, info) in started.items()}
        text += [f"{name}: {describe_engine(info)}" for name, info in machine["engines"].items()]
        text.append("")
        for workload in chosen:
            say(workload.name)
            more, both = rows_of(workload, measure(workload, started, args, failures))
            rows += more
            precisions += both
            text.append(print_workload(workload, more, both, flops, peak))
            if workload.kind == "edit" and (psnr := bf16_error(workload, started, folder)) is not None:
                facts["bf16_edit_psnr_db"] = round(psnr, 2)
                text.append(f"Edited images in bfloat16 against float32: PSNR {psnr:.1f} dB.\n")
        for worker, _ in started.values():
            worker.close()
    more = []
    try:
        if not args.only or "startup" in args.only:
            say("start-up")
            more += processes.startup(args.model.resolve(), args.threads, args.rounds)
        if not args.only or "memory" in args.only:
            say("memory of PCA")
            more += processes.pca_memory(args.model.resolve(), args.threads, args.quick)
    except RuntimeError as e:
        failures.note(str(e))
    if more:
        lines = [[r["workload"], r["engine"], report.milliseconds(r["median_ms"]), f"{r['peak_mb']:,.0f}"] for r in more]
        text.append("## Whole processes\n\n" + report.table(["workload", "engine", "median ms", "peak MB"], lines) + "\n")
    rows += more
    if failures:
        text.append("## Not measured\n\n" + "\n".join(f"- {f}" for f in failures) + "\n")
    print("\n".join(text))
    if args.out:
        args.out.write_text("\n".join(text))
    if args.json:
        machine |= {"convolution_gflops": peak, "forward_gflop": flops / 1e9}
        result = {"machine": machine, "rows": rows, "precisions": precisions, "facts": facts, "failures": failures}
        report.write_json(args.json, result)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
