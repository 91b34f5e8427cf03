"""Same model, same seeds, same T and η in both engines: how far apart are their results?

Both engines serve the workloads of tools/bench and exchange files: the engine opens what the reference wrote, and the
reference checks what the engine wrote. Prints a table; the exit status says whether every difference is within its bound.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import torch
from reference import files, sampling
from reference.jacobian import DenoiserJacobian, along, residuals
from reference.pipeline import Pipeline

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
import report  # noqa: E402
import workers  # noqa: E402


def largest(a, b):
    """max |a - b|"""
    return float((a.double() - b.double()).abs().max())


def relative(a, b):
    """‖a - b‖ / ‖b‖"""
    return float((a.double() - b.double()).norm() / b.double().norm())


def sine(a, b):
    """Of the largest angle between two subspaces, given as the rows of a and b (k, d)."""
    a, b = (torch.linalg.qr(m.double().T)[0] for m in (a, b))
    return float(torch.linalg.matrix_norm(a - b @ (b.T @ a), 2))


@dataclass
class Parity:
    model: Path
    steps: int
    folder: Path
    engines: dict
    rows: list = field(default_factory=list)

    def note(self, what, measure, value, bound):
        self.rows.append({"what": what, "measure": measure, "value": value, "bound": bound, "ok": value <= bound})

    def both(self, name, **request):
        """Runs a request in both engines; the paths of what they saved, the reference's first."""
        saved = {engine: self.folder / f"{name}-{engine}.safetensors" for engine in self.engines}
        for engine, worker in self.engines.items():
            worker.ask(**request, save=str(saved[engine]))
        return saved.values()

    def sample(self, eta):
        name = f"sample, T = {self.steps}, eta = {eta}"
        request = {"workload": "sample", "seeds": [0, 1], "steps": self.steps, "eta": eta}
        theirs, ours = self.both(f"sample-{eta}", **request)
        (a, _), (b, _) = files.load_trajectory(theirs), files.load_trajectory(ours)
        self.note(name, "largest difference of x_0", largest(b.x_0, a.x_0), 1e-3)
        self.note(name, "relative difference of h", relative(b.h, a.h), 1e-3)
        pipeline = Pipeline.load(self.model, self.steps)
        again = sampling.decode(pipeline, b.x_T, b.z, [float(eta)] * self.steps)
        self.note("the engine's file, decoded by the reference", "largest difference of x_0", largest(again.x_0, b.x_0), 1e-3)
        return theirs

    def invert(self, image):
        request = {"workload": "invert", "trajectory": str(image), "steps": self.steps, "eta": 0}
        (a, _), (b, _) = map(files.load_trajectory, self.both("invert", **request))
        self.note(f"DDIM inversion, T = {self.steps}", "largest difference of x_T", largest(b.x_T, a.x_T), 1e-3)
        self.note(f"DDIM inversion, T = {self.steps}", "largest difference of x_0 after the round trip", largest(b.x_0, a.x_0), 1e-3)

    def edit(self, image):
        pipeline = Pipeline.load(self.model, self.steps)
        h = files.load_trajectory(image)[0].h
        difference = (h[1] - h[0])[None]  # (1, T, c, h, w): from one sample to the other
        file = self.folder / "directions.safetensors"
        files.save_directions(file, pipeline, difference, ["1 - 0"], [1.0] * self.steps, "examples")
        for asymmetric in (False, True):
            request = {"workload": "edit", "seed": 0, "directions": str(file), "strengths": [-0.5, 0, 1]}
            request |= {"steps": self.steps, "eta": 1, "asymmetric": asymmetric}
            theirs, ours = self.both(f"edit-{asymmetric}", **request)
            a, b = (files.load(path, "images")[0]["x_0"] for path in (theirs, ours))
            name = f"edited images, {'asymmetric' if asymmetric else 'symmetric'}, T = {self.steps}"
            self.note(name, "largest difference of x_0", largest(b, a), 1e-3)

    def pca(self):
        for scope in ("timestep", "trajectory"):
            request = {"workload": "pca", "samples": 20, "components": 10, "steps": 10, "eta": 1, "scope": scope}
            (a, _), (b, _) = map(files.load_directions, self.both(f"pca-{scope}", **request))
            name = f"PCA of 20 samples, T = 10, scope {scope}"
            variances = relative(b["explained_variance"], a["explained_variance"])
            self.note(name, "relative difference of the variances", variances, 1e-3)
            # The subspace of the leading components down to the widest gap: within a cluster, vectors are not determined.
            k = 3 + int((a["explained_variance"][:, 2:-1] / a["explained_variance"][:, 3:]).min(0).values.argmax())
            if scope == "trajectory":
                worst = sine(b["directions"][:k].flatten(1), a["directions"][:k].flatten(1))
            else:
                pairs = ((b["directions"][:k, t], a["directions"][:k, t]) for t in range(10))
                worst = max(sine(ours.flatten(1), theirs.flatten(1)) for ours, theirs in pairs)
            self.note(name, f"sine between the subspaces of the first {k}", worst, 1e-3)

    def jacobian(self):
        steps, tolerance = 10, 1e-3
        pipeline = Pipeline.load(self.model, steps)
        eta = [1.0] * steps
        path = self.folder / "jacobian.safetensors"
        at = [0, steps // 2, steps - 1]
        request = {"workload": "jacobian", "seed": 0, "steps": steps, "eta": 1, "vectors": 3, "step_indices": at}
        self.engines["hspace-fp32"].ask(**request, tolerance=tolerance, save=str(path))
        ours, _ = files.load_directions(path)
        x_T, z = sampling.draw(pipeline, 0, eta)
        worst_value = worst_residual = 0.0
        for row, (step, x) in enumerate(along(pipeline, x_T, z, eta, at)):
            jacobian = DenoiserJacobian(pipeline, x, step)
            vectors, sigma = ours["right_vectors"][row], ours["singular_values"][row]
            lengths = torch.stack([jacobian.jvp(v[None] / v.norm()).norm() for v in vectors])
            worst_value = max(worst_value, float((lengths / sigma - 1).abs().max()))
            worst_residual = max(worst_residual, float(residuals(jacobian, vectors).max()))
        name = "Jacobian, 3 vectors at 3 timesteps, by PyTorch's derivatives"
        self.note(name, "relative difference of the singular values", worst_value, 1e-3)
        self.note(name, "residual", worst_residual, 2 * tolerance)


def main():
    p = argparse.ArgumentParser(prog="tools/reference/parity", description=__doc__)
    p.add_argument("--model", type=Path, default=workers.ROOT / "models/avatars-64", help="default: the shipped model")
    p.add_argument("--steps", type=int, default=50, help="T (default %(default)s)")
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    p.add_argument("--json", type=Path, help="file to write")
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    model = args.model.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engines = {e: workers.start(e, model, args.threads, folder) for e in ("reference", "hspace-fp32")}
        parity = Parity(model, args.steps, folder, engines)
        try:
            image = parity.sample(1)
            parity.sample(0)
            parity.invert(image)
            parity.edit(image)
            parity.pca()
            parity.jacobian()
        except RuntimeError as e:
            for log in folder.glob("*.log"):
                sys.stderr.write(log.read_text()[-2000:])
            raise SystemExit(str(e)) from e
        finally:
            for worker in engines.values():
                worker.close()
    lines = [
        [r["what"], r["measure"], f"{r['value']:.1e}", f"{r['bound']:.0e}", "yes" if r["ok"] else "NO"]
        for r in parity.rows
    ]
    print(report.table(["what", "measure", "found", "bound", "within"], lines))
    if args.json:
        report.write_json(args.json, {"model": args.model.name, "steps": args.steps, "rows": parity.rows})
    return 0 if all(r["ok"] for r in parity.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
