"""The workloads, as requests that every engine understands."""

from dataclasses import dataclass, field


@dataclass
class Workload:
    name: str
    request: dict
    per: int = 1  # what the reply's seconds are divided by: repetitions within one request
    forwards: int = 0  # U-Net forwards (of one image) in it, to say what part of the time is arithmetic
    skip: tuple = field(default=())  # engines that do not run it

    @property
    def kind(self):
        return self.request["workload"]


# h, PCA and Jacobians are always float32; forward-mode derivatives and torch.compile do not go together.
PCA = ("hspace-bf16", "reference-compiled")  # the latter to save its minutes: it samples as in "sample"
JACOBIAN = ("hspace-bf16", "reference-tuned", "reference-compiled")


def workloads(quick, directions, trajectory):
    """All of them; `quick` shrinks them to a smoke test.

    directions: file of 4 directions on the lattice of T = 50 (or the quick T); trajectory: file whose first x_0 is inverted
    """
    steps, few = (4, 2) if quick else (50, 10)
    repeat, many, samples = (2, 4, 6) if quick else (32, 32, 500)
    base = {"steps": steps, "eta": 1}
    made = [
        Workload(
            f"forward, batch {batch}",
            {"workload": "forward", "batch": batch, "repeat": max(1, repeat // batch)},
            per=max(1, repeat // batch),
            forwards=batch,
        )
        for batch in (1, 8, 32)
    ]
    for n in (1, many):
        name = f"sample {n} image{'s' * (n > 1)}, T = {steps}"
        made.append(Workload(name, {"workload": "sample", "seeds": list(range(n))} | base, forwards=n * steps))
    edit = {"workload": "edit", "seed": 7, "directions": str(directions), "strengths": [-2, -1, 0, 1, 2]}
    made.append(Workload(f"edit grid of 4 x 5, T = {steps}", edit | base, forwards=20 * steps))
    invert = {"workload": "invert", "trajectory": str(trajectory), "steps": steps, "eta": 0}
    made.append(Workload(f"inversion and round trip, T = {steps}", invert, forwards=2 * steps))
    pca = {"workload": "pca", "samples": samples, "components": min(25, samples - 1), "steps": few, "eta": 1}
    made.append(Workload(f"PCA of {samples} samples, T = {few}", pca, forwards=samples * few, skip=PCA))
    jacobian = {"workload": "jacobian", "seed": 7, "vectors": 3, "steps": few, "eta": 1, "tolerance": 1e-3}
    made.append(Workload(f"Jacobian, T = {few}, k = 3", jacobian, skip=JACOBIAN))
    return made
