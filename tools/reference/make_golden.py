"""Writes src/test/resources/golden/reference.safetensors: what the reference computes with the tiny pipeline.

Run by  tools/reference/python tools/reference/make_golden.py  The JUnit test ReferenceParityTest compares the engine with it,
so that `mvn verify` needs no Python. Noise is the published convention: seed for x_T, seed + 1 for z.
"""

from pathlib import Path

import torch
from reference import files, pca, sampling
from reference.jacobian import DenoiserJacobian, along
from reference.pipeline import Pipeline

GOLDEN = Path(__file__).resolve().parents[2] / "src" / "test" / "resources" / "golden"


def singular_values(pipeline, seed, step, k):
    """The k largest of J at one step of a sample with η = 1, from the dense Jacobian: (k)"""
    x_T, z = sampling.draw(pipeline, seed, [1.0] * pipeline.steps)
    _, x = next(along(pipeline, x_T, z, [1.0] * pipeline.steps, [step]))
    jacobian = DenoiserJacobian(pipeline, x, step)
    rows = [jacobian.vjp(unit.view(jacobian.eps.shape)) for unit in torch.eye(jacobian.eps.numel())]
    return torch.linalg.svdvals(torch.stack([row.flatten() for row in rows]).double())[:k]


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    short, full = Pipeline.load(GOLDEN / "tiny-pipeline", 10), Pipeline.load(GOLDEN / "tiny-pipeline", 50)
    noisy = [1.0] * 10
    sample = sampling.sample(short, [0, 1], noisy)  # x_0 (2, C, H, W), h (2, 10, c, h, w)
    delta = sample.h[1] - sample.h[0]  # (10, c, h, w)
    edits = [
        sampling.decode(short, sample.x_T[:1], sample.z[:1], noisy, strength * delta, asymmetric).x_0
        for asymmetric in (False, True)
        for strength in (-0.5, 1.0)
    ]
    components, deviations = pca.pca(sampling.sample(short.with_steps(4), range(16), [1.0] * 4).h, 3)
    tensors = {
        "sample.x_0": sample.x_0,
        "sample.h": sample.h,
        "sample50.x_0": sampling.sample(full, [0, 1], [1.0] * 50).x_0,
        "sample50_ddim.x_0": sampling.sample(full, [0, 1], [0.0] * 50).x_0,
        "inversion.x_T": sampling.invert_ddim(short, sample.x_0).x_T,
        "edit.x_0": torch.cat(edits),  # symmetric -0.5, 1, asymmetric -0.5, 1
        "pca.directions": components.float(),  # (3, 4, c, h, w)
        "pca.explained_variance": deviations.square(),  # (4, 3)
        "jacobian.singular_values": torch.stack([singular_values(short, 0, step, 5) for step in (0, 5, 9)]),  # (3, 5)
    }
    files.save(GOLDEN / "reference.safetensors", "golden", tensors, {"model_hash": short.hash()})
    for name, tensor in tensors.items():
        print(f"{name:26} {str(tuple(tensor.shape)):22} largest {tensor.abs().max():.3g}")


if __name__ == "__main__":
    main()
