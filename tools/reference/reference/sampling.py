"""Sampling with any η, h recorded, directions injected (Eqs 1-5), and the inversion of images."""

from dataclasses import dataclass

import torch


@dataclass
class Trajectory:
    """One or several trajectories; index 0 of a T axis is the first sampled, largest timestep."""

    x_T: torch.Tensor  # (N, C, H, W)
    z: torch.Tensor | None  # (N, T, C, H, W), None where η = 0
    h: torch.Tensor  # (N, T, c, h, w), before Δh
    x_0: torch.Tensor  # (N, C, H, W)


def draw(pipeline, seed, eta):
    """The published noise of a seed: x_T (1, C, H, W) of `seed` and, for η > 0, z (1, T, C, H, W) of `seed + 1`."""
    x_T = torch.randn(1, *pipeline.sample_shape, generator=torch.Generator().manual_seed(seed))
    if not any(eta):
        return x_T, None
    generator = torch.Generator().manual_seed(seed + 1)
    return x_T, torch.randn(pipeline.steps, *pipeline.sample_shape, generator=generator)[None]


def step_back(pipeline, step, x, eps, eta, z=None, eps_direction=None):
    """x_p from x_t: √ᾱ_p P_t(ε) + D_t + σ_t z, with D_t from eps_direction where the injection is asymmetric."""
    alpha, previous, sigma = pipeline.alpha_bar[step], pipeline.alpha_bar_previous[step], pipeline.sigma(step, eta)
    predicted = (x - (1 - alpha) ** 0.5 * eps) / alpha**0.5
    direction = (1 - previous - sigma**2) ** 0.5 * (eps if eps_direction is None else eps_direction)
    x = previous**0.5 * predicted + direction
    return x if sigma == 0 else x + sigma * z


@torch.no_grad()
def decode(pipeline, x_T, z, eta, delta=None, asymmetric=False, on_step=lambda step: None):
    """The trajectory of x_T (B, C, H, W), z (B, T, C, H, W) with delta (T, c, h, w) or (B, T, c, h, w) injected."""
    if delta is not None and delta.dim() == 4:
        delta = delta[None]
    x, h = x_T, []
    for step in range(pipeline.steps):
        at_step = None if delta is None else delta[:, step]
        eps, h_t = pipeline.predict(x, step, at_step)
        plain = pipeline.predict(x, step)[0] if asymmetric and delta is not None else None
        x = step_back(pipeline, step, x, eps, eta[step], None if z is None else z[:, step], plain)
        h.append(h_t)
        on_step(step)
    return Trajectory(x_T, z, torch.stack(h, 1), x)


def sample(pipeline, seeds, eta, batch=1):
    """The trajectories of some seeds."""
    parts = []
    for first in range(0, len(seeds), batch):
        noise = [draw(pipeline, seed, eta) for seed in seeds[first : first + batch]]
        x_T = torch.cat([x for x, _ in noise])
        parts.append(decode(pipeline, x_T, torch.cat([z for _, z in noise]) if any(eta) else None, eta))
    return join(parts)


def join(parts):
    """Several trajectories as one, along N."""
    z = None if parts[0].z is None else torch.cat([p.z for p in parts])
    return Trajectory(
        torch.cat([p.x_T for p in parts]), z, torch.cat([p.h for p in parts]), torch.cat([p.x_0 for p in parts])
    )


def step_forth(pipeline, step, x_p, iterations=0):
    """The x_t from which a deterministic step leads to x_p, √ᾱ_t (x_p - √(1-ᾱ_p) ε) / √ᾱ_p + √(1-ᾱ_t) ε, and h_t.

    ε is that of x_t, which is not known yet: taken at x_p at first, then corrected by fixed-point iterations.
    """
    alpha, previous = pipeline.alpha_bar[step], pipeline.alpha_bar_previous[step]
    x = x_p
    for _ in range(1 + iterations):
        eps, h = pipeline.predict(x, step)
        x = alpha**0.5 * (x_p - (1 - previous) ** 0.5 * eps) / previous**0.5 + (1 - alpha) ** 0.5 * eps
    return x, h


@torch.no_grad()
def invert_ddim(pipeline, x_0):
    """x_T from x_0 (B, C, H, W) by the DDIM steps turned round, first order; visits the timesteps that decode uses."""
    x, h = x_0, []
    for step in reversed(range(pipeline.steps)):
        x, h_t = step_forth(pipeline, step, x)
        h.append(h_t)
    return Trajectory(x, None, torch.stack(h[::-1], 1), x_0)


@torch.no_grad()
def invert_ddpm(pipeline, x_0, eta, generator):
    """Edit-friendly DDPM inversion: x_t drawn independently from x_0 (B, C, H, W), then z_t solved for.

    The z_t are solved along the trajectory that they themselves produce, so that rounding does not add up. Where σ_t = 0
    there is no z_t to solve for. The last step is always such a one if ᾱ_p = 1 at its end: the state before it is not
    drawn but solved for, so that the step, deterministic as it is, arrives at x_0.
    """
    drawn = []
    for alpha in pipeline.alpha_bar:
        noise = torch.randn(x_0.shape, generator=generator)
        drawn.append(alpha**0.5 * x_0 + (1 - alpha) ** 0.5 * noise)
    drawn.append(x_0)
    for step in reversed(range(pipeline.steps)):
        if pipeline.sigma(step, eta[step]) > 0:
            break
        drawn[step], _ = step_forth(pipeline, step, drawn[step + 1], iterations=20)
    x, z, h = drawn[0], [], []
    for step in range(pipeline.steps):
        eps, h_t = pipeline.predict(x, step)
        sigma = pipeline.sigma(step, eta[step])
        mean = step_back(pipeline, step, x, eps, eta[step], torch.zeros_like(x))
        z.append((drawn[step + 1] - mean) / sigma if sigma > 0 else torch.zeros_like(x))
        x = mean + sigma * z[-1]
        h.append(h_t)
    return Trajectory(drawn[0], torch.stack(z, 1), torch.stack(h, 1), x_0)
