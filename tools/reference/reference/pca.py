"""Global directions: principal components of h over many samples (the paper's first method)."""

import torch


def pca(h, components, scope="timestep"):
    """Principal components of h (N, T, c, h, w), each timestep by itself or the whole trajectory at once.

    Returns directions (K, T, c, h, w) in units of their standard deviation, and the deviations s/√(N-1): (T, K) or (1, K).
    Dense and in float64: the singular vectors come from the N by N Gram matrix.
    """
    n, steps = h.shape[:2]
    blocks = [h.flatten(1)] if scope == "trajectory" else [h[:, t].flatten(1) for t in range(steps)]
    directions, deviations = [], []
    for block in blocks:
        centred = block.double() - block.double().mean(0)
        values, vectors = torch.linalg.eigh(centred @ centred.T)
        values, vectors = values.flip(0)[:components], vectors.flip(1)[:, :components]
        components_of_block = (vectors / values.sqrt()).T @ centred  # (K, features), orthonormal rows
        deviations.append((values / (n - 1)).sqrt())
        directions.append(components_of_block * deviations[-1][:, None])
    directions = torch.stack(directions, 1).reshape(components, steps, *h.shape[2:])
    return directions if scope == "trajectory" else align_signs(directions), torch.stack(deviations)


def align_signs(directions):
    """Turns each timestep's vector to the side of the one before it. directions (K, T, c, h, w)"""
    directions = directions.clone()
    for row in directions:
        for t in range(1, len(row)):
            if (row[t] * row[t - 1]).sum() < 0:
                row[t] = -row[t]
    return directions
