"""Singular vectors of the Jacobian, side by side in one run: time, pairs of products, residuals, true error, memory.

  pytorch    the plain way: whole U-Net a product, forward-mode JVP, reverse VJP, power iteration by the published stop rule
  published  the published repository itself, when --published gives its path
  power      this engine's block power iteration
  krylov     this engine's Golub-Kahan-Lanczos

The true error is the sine of the angle between each vector and the converged answer: Golub-Kahan-Lanczos in the precision of
--converged-dtype to the residual of --converged, which PyTorch's float64 derivatives check at one timestep.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import report
import torch
import workers
from machine import convolution_peak, describe
from reference import files, sampling
from reference.jacobian import DenoiserJacobian, along, residuals
from reference.pipeline import Pipeline
from reference_worker import middle_quarter


def arguments():
    p = argparse.ArgumentParser(
        prog="tools/bench/jacobian", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("--model", default=workers.ROOT / "models/avatars-64", type=Path, help="default: the shipped model")
    p.add_argument("--steps", type=int, default=10, help="T (default %(default)s)")
    p.add_argument("--at", help="only these steps, as 0,5,9 (default: all); 0 is the largest timestep")
    p.add_argument("--vectors", type=int, default=3, help="k (default %(default)s)")
    p.add_argument("--tolerance", type=float, default=1e-3, help="of this engine's residuals (default %(default)s)")
    p.add_argument("--seed", type=int, default=7, help="of the image (default %(default)s)")
    p.add_argument("--mask", action="store_true", help="the Jacobian of the middle quarter of the image only")
    p.add_argument("--names", default="pytorch,power,krylov", help="what to measure (default %(default)s)")
    p.add_argument("--converged", type=float, help="residual of the converged answer (default: 1e-8, in float32 1e-5); 0: none")
    p.add_argument("--converged-dtype", default="float64", choices=["float64", "float32"], help="its precision (default %(default)s)")
    p.add_argument("--published", type=Path, help="a checkout of the published repository, to be measured too")
    p.add_argument("--rounds", type=int, default=3, help="turns of power and krylov, after one that warms up; 0: that one alone")
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    p.add_argument("--json", type=Path, help="file to write")
    p.add_argument("--out", type=Path, help="Markdown file to write; the report is printed in any case")
    args = p.parse_args()
    if args.converged is None:
        args.converged = 1e-5 if args.converged_dtype == "float32" else 1e-8
    return args


def sines(found, exact):
    """Of the angle between each of found (S, k, ...) and the exact vector of the same number (S, k, ...): (S, k)"""
    a, b = (v.double().flatten(2) for v in (found, exact))
    a, b = a / a.norm(dim=2, keepdim=True), b / b.norm(dim=2, keepdim=True)
    along = (a * b).sum(2, keepdim=True) * b
    return (a - along).norm(dim=2)


def converged_answer(args, request, folder):
    """The converged vectors (S, k, ...), checked by PyTorch in float64 at the first of the steps."""
    path = folder / "converged.safetensors"
    engine = {"float64": "hspace-fp64", "float32": "hspace-fp32"}[args.converged_dtype]
    worker = workers.start(engine, args.model.resolve(), args.threads, folder)
    reply = worker.ask(**request, solver="krylov", tolerance=args.converged, max_products=2000, save=str(path))
    worker.close()
    exact = files.load_directions(path)[0]
    first = request.get("step_indices", [0])[0]
    pipeline = Pipeline.load(args.model, args.steps, dtype=torch.float64)
    eta = [1.0] * args.steps
    x_T, z = (t.double() for t in sampling.draw(pipeline, args.seed, eta))
    step, x = next(along(pipeline, x_T, z, eta, [first]))
    jacobian = DenoiserJacobian(pipeline, x, step, middle_quarter(pipeline) if args.mask else None)
    checked = residuals(jacobian, exact["right_vectors"][0].double())
    return exact["right_vectors"], reply["max_residual"], float(checked.max())


def measure(name, args, request, folder):
    """The reply of the median turn, and the vectors (S, k, ...)."""
    engine = {"pytorch": "reference", "published": "published"}.get(name, "hspace-fp32")
    worker = workers.start(engine, args.model.resolve(), args.threads, folder, published=args.published)
    path = folder / f"{name}.safetensors"
    request = request | {"solver": name, "tolerance": args.tolerance, "max_products": 2000}
    try:
        # The plain way takes minutes: one turn, its warm-up a vanishing part of it.
        if engine == "hspace-fp32":
            turns = [worker.ask(**request, save=str(path)) for _ in range(args.rounds + 1)]
            turns = turns[1:] or turns
        else:
            turns = [worker.ask(**request, save=str(path))]
    finally:
        worker.close()
    turns.sort(key=lambda t: t["seconds"])
    return turns[len(turns) // 2], files.load_directions(path)[0]["right_vectors"]


def main():
    args = arguments()
    request = {"workload": "jacobian", "seed": args.seed, "steps": args.steps, "eta": 1, "vectors": args.vectors}
    request |= {"step_indices": sorted(int(s) for s in args.at.split(","))} if args.at else {}
    request |= {"mask": True} if args.mask else {}
    names = args.names.split(",") + (["published"] if args.published else [])
    machine, peak = describe(args.threads), convolution_peak(args.threads, 1.0)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            exact, claimed, checked = None, None, None
            if args.converged:
                exact, claimed, checked = converged_answer(args, request, folder)
            for name in names:
                print(name, file=sys.stderr, flush=True)
                reply, vectors = measure(name, args, request, folder)
                row = {"model": args.model.name + (", masked" if args.mask else ""), "name": name}
                row |= {"seconds": round(reply["seconds"], 3), "pairs": reply["pairs"]}
                row |= {"max_residual": reply["max_residual"]}
                row |= {"max_sine": None if exact is None else float(sines(vectors, exact).max())}
                rows.append(row | {"peak_mb": round(reply["peak_mb"], 1)})
                print(rows[-1], file=sys.stderr, flush=True)
        except RuntimeError as e:
            for log in folder.glob("*.log"):
                sys.stderr.write(log.read_text()[-2000:])
            raise SystemExit(str(e)) from e
    base = next((row for row in rows if row["name"] == "pytorch"), rows[0])
    lines = [
        [
            row["name"],
            f"{row['seconds']:.2f}",
            f"{base['seconds'] / row['seconds']:.1f}x",
            str(row["pairs"]),
            f"{1000 * row['seconds'] / max(1, row['pairs']):.1f}",
            f"{row['max_residual']:.1e}",
            "" if exact is None else f"{row['max_sine']:.1e}",
            f"{row['peak_mb']:,.0f}",
        ]
        for row in rows
    ]
    timesteps = len(request.get("step_indices", range(args.steps)))
    title = f"Jacobian of {rows[0]['model']}: {args.vectors} vectors at {timesteps} timesteps"
    header = ["", "seconds", f"against {base['name']}", "pairs", "ms a pair", "worst residual", "worst sine", "peak MB"]
    text = report.heading(title, machine, peak) + "\n" + report.table(header, lines)
    if exact is not None:
        text += f"\n\nConverged answer in {args.converged_dtype}: residual {claimed:.1e}, by PyTorch's float64 derivatives {checked:.1e}."
    print(text)
    if args.out:
        args.out.write_text(text + "\n")
    if args.json:
        machine |= {"convolution_gflops": peak}
        report.write_json(args.json, {"machine": machine, "rows": rows, "converged_residual": checked})


if __name__ == "__main__":
    main()
