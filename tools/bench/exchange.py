"""The files that engines are given: random directions and a sampled image, made once by the reference."""

import torch
from reference import files, sampling
from reference.pipeline import Pipeline


def make_inputs(model, steps, folder):
    """Writes directions.safetensors (4 random directions) and image.safetensors (a trajectory); returns their paths.

    Each direction's Δh_t has, at strength 1, half the length of h_t: a strong edit, as edits go.
    """
    pipeline = Pipeline.load(model, steps)
    eta = [1.0] * steps
    trajectory = sampling.sample(pipeline, [7], eta)
    files.save_trajectory(folder / "image.safetensors", pipeline, trajectory, eta, seeds=[7], reference_seeds=True)
    noise = torch.randn(4, *trajectory.h.shape[1:], generator=torch.Generator().manual_seed(0))
    h = trajectory.h[0].flatten(1).norm(dim=1)  # (T)
    directions = noise * (0.5 * h / noise.flatten(2).norm(dim=2))[..., None, None, None]
    names = [f"random {k}" for k in range(4)]
    files.save_directions(folder / "directions.safetensors", pipeline, directions, names, eta, "examples")
    return folder / "directions.safetensors", folder / "image.safetensors"
