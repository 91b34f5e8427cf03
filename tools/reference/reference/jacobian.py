"""Image-specific directions: leading right singular vectors of J_t = ∂ε/∂h_t, by sequential power iteration.

The whole U-Net is run for every product, as eager code does, and iteration stops by the published rule: when the absolute
change of σ² has been below `tolerance` more than ten times in all, or after `iterations`. What that rule misses is part
of what this is compared for; `check` tells.
"""

from dataclasses import dataclass

import torch
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel

from .bottleneck import bottleneck
from .sampling import step_back


class DenoiserJacobian:
    """J at one (x (1, C, H, W), step), of ε ⊙ mask."""

    def __init__(self, pipeline, x, step, mask=None):
        self.pipeline, self.x, self.step, self.mask = pipeline, x, step, mask
        with torch.no_grad():
            self.eps, self.h = pipeline.predict(x, step)
        self.products = 0  # of either kind
        with torch.enable_grad():  # one forward whose graph serves all reverse products
            self.leaf = self.h.clone().requires_grad_(True)
            self.output = self._eps(self.leaf)

    def _eps(self, h):
        with bottleneck(self.pipeline.model, self.pipeline.point, lambda ignored: h), sdpa_kernel(SDPBackend.MATH):
            eps = self.pipeline.model(self.x, self.pipeline.timesteps[self.step]).sample
        return eps if self.mask is None else eps * self.mask

    def vjp(self, u):
        """Jᵀ u (1, c, h, w), reverse mode through the kept graph."""
        self.products += 1
        return torch.autograd.grad(self.output, self.leaf, u, retain_graph=True)[0]

    def jvp(self, v):
        """J v (1, C, H, W), forward mode through the whole network."""
        self.products += 1
        with torch.no_grad(), forward_ad.dual_level(), contiguous_norms(self.pipeline.model):
            return forward_ad.unpack_dual(self._eps(forward_ad.make_dual(self.h, v.contiguous()))).tangent.clone()


class contiguous_norms:
    """Forward mode of GroupNorm refuses the strides that diffusers' attention leaves: copies its inputs meanwhile."""

    def __init__(self, model):
        self.norms = [module for module in model.modules() if isinstance(module, torch.nn.GroupNorm)]

    def __enter__(self):
        self.handles = [n.register_forward_pre_hook(lambda module, inputs: (dense(inputs[0]),)) for n in self.norms]

    def __exit__(self, *ignored):
        for handle in self.handles:
            handle.remove()


def dense(x):
    """A dual tensor with primal and tangent both contiguous."""
    primal, tangent = forward_ad.unpack_dual(x)
    return x if tangent is None else forward_ad.make_dual(primal.contiguous(), tangent.contiguous())


@dataclass
class SingularVectors:
    sigma: torch.Tensor  # (k)
    v: torch.Tensor  # (k, c, h, w)
    pairs: int  # of products spent
    residuals: torch.Tensor | None = None  # (k): ‖Jᵀ u - σ v‖ / σ with u = J v / σ, once checked


def power_iteration(jacobian, k=3, tolerance=1e-5, iterations=50, generator=None):
    """k singular vectors, one after the other; each left vector is kept orthogonal to those before it."""
    lefts, rights, sigmas = [], [], []
    for _ in range(k):
        # Published: the first starts at random, each other at its predecessor, of which projection leaves only rounding.
        u = lefts[-1] if lefts else torch.randn(jacobian.eps.shape, generator=generator).to(jacobian.eps)
        u = u / u.norm()
        last, quiet = 999.0, 0
        for _ in range(iterations):
            v = jacobian.vjp(u)
            u = jacobian.jvp(v)
            if lefts:
                basis = torch.stack([left.flatten() for left in lefts], 1)
                u = u - (basis @ torch.linalg.solve(basis.T @ basis, basis.T @ u.flatten())).view_as(u)
            eigenvalue = float(u.norm())  # σ²
            u = u / eigenvalue
            quiet += abs(eigenvalue - last) < tolerance
            last = eigenvalue
            if quiet > 10:
                break
        lefts.append(u)
        rights.append(v[0] / eigenvalue**0.5)
        sigmas.append(eigenvalue**0.5)
    return SingularVectors(torch.tensor(sigmas), torch.stack(rights), jacobian.products // 2)


def residuals(jacobian, v):
    """‖Jᵀ u - σ v‖ / σ of each unit right vector v (k, c, h, w), where J v = σ u."""
    result = []
    for row in v:
        row = row[None] / row.norm()
        product = jacobian.jvp(row)
        sigma = product.norm()
        result.append((jacobian.vjp(product / sigma) - sigma * row).norm() / sigma)
    return torch.stack(result)


def along(pipeline, x_T, z, eta, at=None):
    """Each step, or each of `at`, with its x_t (1, C, H, W), along the image's own trajectory; no further than the last of them."""
    x = x_T
    last = pipeline.steps - 1 if at is None else max(at)
    for step in range(last + 1):
        if at is None or step in at:
            yield step, x
        if step == last:
            return
        with torch.no_grad():
            eps, _ = pipeline.predict(x, step)
        x = step_back(pipeline, step, x, eps, eta[step], None if z is None else z[:, step])


def directions(pipeline, x_T, z, eta, mask=None, at=None, on_step=lambda step, found: None, **options):
    """SingularVectors at every step, or at those of `at`; options are those of `power_iteration`."""
    found = []
    for step, x in along(pipeline, x_T, z, eta, at):
        found.append(power_iteration(DenoiserJacobian(pipeline, x, step, mask), **options))
        on_step(step, found[-1])
    return found


def check(pipeline, x_T, z, eta, found, mask=None, at=None):
    """Fills in the residuals of what `directions` found."""
    for vectors, (step, x) in zip(found, along(pipeline, x_T, z, eta, at)):
        vectors.residuals = residuals(DenoiserJacobian(pipeline, x, step, mask), vectors.v)
