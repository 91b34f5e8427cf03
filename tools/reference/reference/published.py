"""Drives the published repository (renhaa/semantic-diffusion) where the user has a checkout of it.

It needs transformers, matplotlib and torchvision beside our requirements (requirements-published.txt), and is run with our
versions of PyTorch and diffusers, not with those that it was written for. Two things are done to it from outside:
- its walk along the timesteps is handed the sample's own noise, where it would draw fresh noise at every step and so take
  the Jacobians of another image's trajectory;
- inputs of GroupNorm are copied during forward-mode products, which today's PyTorch needs.
"""

import sys
import tempfile
from pathlib import Path

from torch.nn.attention import SDPBackend, sdpa_kernel

from .jacobian import SingularVectors, contiguous_norms


class Published:
    """A pipeline directory as the published code loads it, h after the mid block."""

    def __init__(self, repository, model, steps):
        if not (Path(repository) / "semanticdiffusion.py").is_file():
            raise ValueError(f"{repository}: expected a checkout of renhaa/semantic-diffusion, found no semanticdiffusion.py")
        sys.path.insert(0, str(repository))
        from semanticdiffusion import load_model

        self.sd = load_model(str(model), device="cpu", h_space="after", num_inference_steps=steps)

    def sample(self, seed, eta=1.0):
        """x_0 (1, C, H, W) and h (T, c, h, w) of a seed."""
        q = self.sd.sample(seed=seed, etas=eta)
        return q.x0, q.hs

    def singular_vectors(self, seed, k, eta=1.0, mask=None):
        """SingularVectors at every timestep of a sample, by the published defaults: (T) of them."""
        from editing.jacobian import PowerItterationMethod

        q = self.sd.sample(seed=seed, etas=eta)
        diffusion = self.sd.diff
        forward, step_back = diffusion.unet.forward, diffusion.reverse_step
        counts, calls = [], 0

        def counted(*args, **kwargs):
            nonlocal calls
            calls += 1
            return forward(*args, **kwargs)

        def with_own_noise(eps, t, x, **kwargs):
            nonlocal calls
            # Forwards at this timestep: one to find h, one a vector for its graph, one a pair for the forward-mode product.
            counts.append(calls - 1 - k)
            calls = 0
            return step_back(eps, t, x, **kwargs, variance_noise=q.zs[diffusion.t_to_idx[int(t)]])

        diffusion.unet.forward, diffusion.reverse_step = counted, with_own_noise
        try:
            with tempfile.TemporaryDirectory() as folder, sdpa_kernel(SDPBackend.MATH):
                method = PowerItterationMethod(self.sd, results_folder=folder + "/")
                with contiguous_norms(diffusion.unet.model):
                    sigma, vectors = method.calc_power_dirs(q, mask=mask, num_eigvecs=k)  # (k, T), (k, T, c, h, w)
        finally:
            diffusion.unet.forward, diffusion.reverse_step = forward, step_back
        return [SingularVectors(sigma[:, t], vectors[:, t], pairs) for t, pairs in enumerate(counts)]
