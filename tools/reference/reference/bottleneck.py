"""Reading and replacing the bottleneck activation of a diffusers UNet2DModel, from outside, by hooks."""

from contextlib import contextmanager

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

POINTS = ("after", "before", "middle")


@contextmanager
def bottleneck(model, point, replace=lambda h: h):
    """Within this context each forward pass of `model` calls `replace(h)` on the activation h (B, c, h, w) at `point`.

    The pass goes on with what `replace` returns. The context's value is a list that collects every h as it was found.
      before  the input of the mid block
      after   its output
      middle  in its second residual block, after norm2 (and its time scale and shift), before the non-linearity
    """
    found = []

    def visit(h):
        found.append(h)
        return replace(h)

    mid = model.mid_block
    handles = []
    if point == "before":
        handles.append(mid.register_forward_pre_hook(lambda module, inputs: (visit(inputs[0]), *inputs[1:])))
    elif point == "after":
        handles.append(mid.register_forward_hook(lambda module, inputs, output: visit(output)))
    elif point == "middle":
        resnet = mid.resnets[1]
        armed = []  # the non-linearity is called three times a pass; the call that follows norm2 is the one wanted

        def before_activation(module, inputs):
            if armed:
                armed.clear()
                return (visit(inputs[0]),)

        handles.append(resnet.norm2.register_forward_hook(lambda *ignored: armed.append(True)))
        handles.append(resnet.nonlinearity.register_forward_pre_hook(before_activation))
    else:
        raise ValueError(f"injection point: expected one of {', '.join(POINTS)}, found {point!r}")
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def read(model, point, x, t):
    """The pair (ε (B, C, H, W), h (B, c, h, w)) at x (B, C, H, W) and timesteps t (B)."""
    with bottleneck(model, point) as found:
        eps = model(x, t).sample
    return eps, found[0]


def inject(model, point, x, t, delta):
    """ε (B, C, H, W) with delta (B, c, h, w) added to the activation."""
    with bottleneck(model, point, lambda h: h + delta):
        return model(x, t).sample


def replaced(model, point, x, t, h):
    """ε (B, C, H, W) as a function of the activation h (B, c, h, w): differentiate this one."""
    with bottleneck(model, point, lambda ignored: h):
        return model(x, t).sample


def vjp(model, point, x, t, h, u):
    """Jᵀ u (B, c, h, w) for u (B, C, H, W), reverse mode."""
    with sdpa_kernel(SDPBackend.MATH):
        return torch.func.vjp(lambda a: replaced(model, point, x, t, a), h)[1](u)[0]


def jvp(model, point, x, t, h, v):
    """J v (B, C, H, W): the derivative of ε along v (B, c, h, w), as the derivative of ⟨Jᵀ u, v⟩ by u.

    Forward mode would be the direct way, but PyTorch's GroupNorm refuses the strides that diffusers' attention leaves.
    """
    with sdpa_kernel(SDPBackend.MATH):  # the fused kernels cannot be differentiated twice
        eps, pull_back = torch.func.vjp(lambda a: replaced(model, point, x, t, a), h)
        return torch.func.vjp(lambda u: pull_back(u)[0], torch.zeros_like(eps))[1](v)[0]
