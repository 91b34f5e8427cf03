"""Solids made of horizontal elliptical slices, seen from the front after a turn about the vertical axis.

A slice at height y is the ellipse  x^2 / A(y)^2 + z^2 / C(y)^2 = 1.  A turn by yaw keeps every slice in its
own plane, so a ray along z meets it where a quadratic says, and no iteration is needed.
"""

import torch


def smooth(value: torch.Tensor, low, high) -> torch.Tensor:
    """Smoothstep from 0 at `low` to 1 at `high`."""
    t = ((value - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def mix(first, second, amount):
    return first + (second - first) * amount


def bump(x: torch.Tensor, y: torch.Tensor, width, height) -> torch.Tensor:
    """A soft spot: a Gaussian of the given half-widths, 1 at the origin."""
    return torch.exp(-((x / width) ** 2 + (y / height) ** 2))


class Solid:
    """Where the rays of the picture meet a sliced solid.

    width, depth: half-axes A and C by height (B, H, W), zero or less where there is no slice.
    cos, sin: of the yaw, (B, 1, 1). x: (B, H, W), y: (B, H, W), with y constant along a row.
    """

    def __init__(self, x, y, width, depth, cos, sin, pixel, back=False):
        a, c = width.clamp_min(1e-3), depth.clamp_min(1e-3)
        silhouette = torch.sqrt((a * cos) ** 2 + (c * sin) ** 2)  # (B, H, W): half-width as seen
        slope = _vertical_slope(silhouette, pixel)
        distance = (silhouette - x.abs()) / torch.sqrt(1 + slope**2)
        present = smooth(width, 0.0, 3 * pixel)
        self.mask = (distance / pixel + 0.5).clamp(0, 1) * present  # (B, H, W): 1 inside, soft over one pixel

        inverse_a, inverse_c = 1 / a**2, 1 / c**2
        seen = torch.minimum(torch.maximum(x, -silhouette * 0.999), silhouette * 0.999)
        quadratic = sin**2 * inverse_a + cos**2 * inverse_c
        half_linear = seen * cos * sin * (inverse_c - inverse_a)
        constant = seen**2 * (cos**2 * inverse_a + sin**2 * inverse_c) - 1
        root = torch.sqrt((half_linear**2 - quadratic * constant).clamp_min(0))
        z = (-half_linear + (-root if back else root)) / quadratic
        self.local_x = seen * cos - z * sin  # (B, H, W): to the left and right of the turned head
        self.local_z = seen * sin + z * cos  # (B, H, W): towards where the head looks
        self.angle = torch.atan2(self.local_x.abs(), self.local_z)  # (B, H, W): from straight ahead, 0..pi

        slope_a, slope_c = _vertical_slope(a, pixel), _vertical_slope(c, pixel)
        local_nx, local_nz = self.local_x * inverse_a, self.local_z * inverse_c
        ny = -(slope_a * self.local_x**2 * inverse_a / a + slope_c * self.local_z**2 * inverse_c / c)
        nx, nz = local_nx * cos + local_nz * sin, -local_nx * sin + local_nz * cos
        length = torch.sqrt(nx**2 + ny**2 + nz**2).clamp_min(1e-6)
        self.normal = torch.stack([nx / length, ny / length, nz / length], 1)  # (B, 3, H, W)
        if back:
            self.normal = -self.normal


def _vertical_slope(value: torch.Tensor, pixel: float) -> torch.Tensor:
    """d value / d y by central differences along the rows; y falls from the first row to the last."""
    padded = torch.cat([value[:, :1], value, value[:, -1:]], 1)
    return ((padded[:, :-2] - padded[:, 2:]) / (2 * pixel)).clamp(-6, 6)


class Canvas:
    """A picture that is painted over from back to front: colour (B, 3, H, W) in [0, 1]."""

    def __init__(self, colour: torch.Tensor):
        self.colour = colour

    def over(self, colour: torch.Tensor, mask: torch.Tensor) -> None:
        """Paints colour (B, 3, H or 1, W or 1) where mask (B, H, W) says."""
        self.colour = self.colour + (colour - self.colour) * mask.clamp(0, 1).unsqueeze(1)

    def shade(self, amount: torch.Tensor) -> None:
        """Multiplies by 1 - amount, (B, H, W)."""
        self.colour = self.colour * (1 - amount.clamp(-1, 1)).unsqueeze(1)
