"""Paints portraits from their factors: background, shoulders, head, hair, glasses and hat, from back to front.

Lengths are in half pictures: x runs from -1 (left) to 1 (right), y from -1 (bottom) to 1 (top). On the head, u is
the coordinate across the face and v the one up the face, so that everything painted there turns with it.
"""

import math

import torch
import torch.nn.functional as functional

import face
from solids import Canvas, Solid, bump, mix, smooth


class Scene:
    """The geometry that every part of a portrait shares. Factors are (B, 1, 1), grids (B, H, W)."""

    def __init__(self, factors: dict[str, torch.Tensor], resolution: int):
        f = {name: value.float().view(-1, 1, 1) for name, value in factors.items()}
        self.f = f
        steps = (torch.arange(resolution) + 0.5) / resolution * 2 - 1
        self.pixel = 2 / resolution
        batch = f["yaw"].shape[0]
        self.x = steps.view(1, 1, -1).expand(batch, resolution, resolution)
        self.y = -steps.view(1, -1, 1).expand(batch, resolution, resolution)

        size = 1.15 + 0.03 * f["scale"]
        self.head_y = (self.y + 0.09 - 0.03 * f["shift_y"]) / size
        self.head_x = (self.x - 0.04 * f["shift_x"]) / size - 0.06 * f["tilt"] * (self.head_y + 0.7)
        yaw = f["yaw"] * (math.pi / 180)
        self.cos, self.sin = torch.cos(yaw), torch.sin(yaw)

        male, old = f["gender"], f["age"]
        self.half_width = 0.455 + 0.02 * f["face_width"] + 0.02 * (male - 0.5)
        self.top = 0.59
        self.bottom = 0.61 + 0.02 * f["face_length"] + 0.05 * (male - 0.5)
        self.skin = _skin_colour(f)
        self.hair = _hair_colour(f)
        side = 0.5 * f["light_side"]
        light = torch.cat([side, torch.full_like(side, 0.45), torch.full_like(side, 0.85)], 1)  # (B, 3, 1)
        self.light = functional.normalize(light, dim=1).unsqueeze(-1)  # (B, 3, 1, 1)
        self.power = 1 + 0.06 * f["light_power"]
        self.old = old

    def solid(self, width, depth, back=False) -> Solid:
        return Solid(self.head_x, self.head_y, width, depth, self.cos, self.sin, self.pixel, back)

    def lit(self, normal: torch.Tensor, ambient: float = 0.55) -> torch.Tensor:
        """Soft light on a surface with this normal (B, 3, H, W), as a factor (B, 3, H, W); shadows are warm."""
        toward = ((normal * self.light).sum(1, keepdim=True) * 0.75 + 0.25).clamp_min(0)
        warmth = torch.tensor([0.04, 0.0, -0.03]).view(1, 3, 1, 1) * (1 - toward)
        return (ambient + (1.12 - ambient) * toward + warmth) * self.power.unsqueeze(1)


def _rgb(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(1, 3, 1, 1)


def _skin_colour(f) -> torch.Tensor:
    tone = f["skin"].unsqueeze(1)
    colour = mix(_rgb(0.96, 0.80, 0.70), _rgb(0.68, 0.48, 0.37), tone)
    grey = colour.mean(1, keepdim=True) * _rgb(1.03, 0.99, 0.93)
    return mix(colour, grey, 0.28 * f["age"].unsqueeze(1))  # (B, 3, 1, 1)


def _hair_colour(f) -> torch.Tensor:
    hue, old = f["hair_hue"].unsqueeze(1), f["age"].unsqueeze(1)
    colour = mix(_rgb(0.17, 0.12, 0.10), _rgb(0.50, 0.34, 0.20), hue**1.5)
    return mix(colour, _rgb(0.83, 0.82, 0.81), smooth(old, 0.35, 0.85))  # (B, 3, 1, 1)


def _background(s: Scene) -> torch.Tensor:
    hue, light = s.f["background"].unsqueeze(1), s.f["background_light"].unsqueeze(1)
    colour = mix(_rgb(0.46, 0.50, 0.55), _rgb(0.55, 0.51, 0.46), hue) + 0.10 * (light - 0.5)
    glow = bump(s.x, s.y - 0.2, 1.0, 1.1).unsqueeze(1)
    return (colour * (0.82 + 0.30 * glow)).expand(-1, 3, *s.x.shape[1:])


def _shoulders(s: Scene, canvas: Canvas) -> None:
    male = s.f["gender"]
    cloth = mix(_rgb(0.30, 0.34, 0.40), _rgb(0.42, 0.36, 0.34), s.f["clothes"].unsqueeze(1))
    cloth = cloth + 0.08 * (s.f["clothes_light"].unsqueeze(1) - 0.5)
    neck_x = s.x - 0.04 * s.f["shift_x"]
    neck_half = 0.20 + 0.07 * male
    edge = -0.74 - (0.30 - 0.10 * male) * (neck_x.abs() / 0.9) ** 2 - 0.06 * bump(neck_x, 0 * s.y, neck_half, 1)
    shade = 0.95 - 0.25 * (neck_x.abs() / 0.9) ** 2
    body = ((edge - s.y) / s.pixel + 0.5).clamp(0, 1)
    canvas.over(cloth * shade.unsqueeze(1), body)

    collar = smooth(-(s.y + 0.76 + 0.16 * (1 - (neck_x / neck_half) ** 2).clamp_min(0) ** 0.5), 0.0, s.pixel)
    neck = ((neck_half - neck_x.abs()) / s.pixel + 0.5).clamp(0, 1) * (1 - collar)
    neck = neck * smooth(-s.head_y, 0.1, 0.2)
    round_ = (1 - 0.35 * (neck_x / neck_half) ** 2) * (0.74 - 0.16 * smooth(s.y, -0.95, -0.70))
    canvas.over(s.skin * round_.unsqueeze(1), neck)
    rim = bump(s.y + 0.76 + 0.16 * (1 - (neck_x / neck_half) ** 2).clamp_min(0) ** 0.5, 0 * s.y, 0.03, 1)
    canvas.shade(0.25 * rim * (neck_x.abs() < neck_half * 1.05).float())


def _ears(s: Scene, canvas: Canvas, in_front: bool) -> None:
    for side in (-1.0, 1.0):
        depth = -side * s.half_width * s.sin  # towards us
        shown = smooth(depth, 0.08, 0.2) if in_front else torch.ones_like(depth)
        centre = side * (s.half_width + 0.015) * s.cos
        across = 0.055 + 0.06 * s.sin.abs()
        dx, dy = (s.head_x - centre) / across, (s.head_y + 0.06) / 0.13
        radius = torch.sqrt(dx**2 + dy**2)
        mask = ((1 - radius) * 0.08 / s.pixel + 0.5).clamp(0, 1) * shown
        tone = 0.88 - 0.20 * bump(dx, dy, 0.55, 0.6)
        canvas.over(s.skin * tone.unsqueeze(1) * _rgb(1.02, 0.95, 0.93), mask)


def _hair_profile(s: Scene) -> tuple[torch.Tensor, torch.Tensor]:
    """Half-width and half-depth of the hair's solid by height, (B, H, W)."""
    f, y = s.f, s.head_y
    female = 1 - f["gender"]
    volume = 0.055 + 0.05 * female + 0.015 * f["hair_volume"] - 0.035 * f["age"] * f["gender"]
    top = s.top + volume
    crown = (1 - (y.clamp_min(0) / top) ** 2.3).clamp_min(0) ** 0.5
    length = mix(0.30, 0.86, smooth(female, 0.15, 0.9))
    fall = (-y).clamp_min(0) / length
    flare = 1 + 0.10 * female * smooth(fall, 0.1, 0.7)
    lower = flare * (1 - fall**6).clamp_min(0) ** 0.5
    shape = torch.where(y > 0, crown, lower)
    return (s.half_width + volume) * shape, (0.53 + volume) * shape


def _hair(s: Scene, canvas: Canvas, back: bool) -> None:
    f, y = s.f, s.head_y
    male, old = f["gender"], f["age"]
    shell = s.solid(*_hair_profile(s), back=back)
    long = smooth(1 - male, 0.15, 0.9)

    # The opening for the face, as the angle from straight ahead where hair begins, by height.
    signed = (shell.local_x / 0.12).clamp(-1, 1) * f["parting"]
    recede = smooth(old, 0.25, 0.95) * male
    line = 0.40 + 0.03 * signed + 0.16 * recede + 0.05 * recede * smooth(shell.angle, 0.2, 0.8)
    side = mix(1.38, 1.12, long)  # radians
    arch = side * (1 - (y / line).clamp(0, 1) ** 2.2).clamp_min(0) ** 0.5
    opening = torch.where(y > line, torch.full_like(arch, -0.3), arch)
    covered = smooth(shell.angle - opening, -0.05, 0.07)
    nape = mix(0.02 + 0.26 * smooth(shell.angle, 1.5, 2.4), torch.full_like(y, 0.9), long)
    covered = covered * smooth(y + nape, 0.0, 0.06)
    bald = recede * smooth(old, 0.55, 1.0) * smooth(y, 0.35, 0.5) * smooth(shell.angle, 1.9, 1.0)
    covered = covered * (1 - 0.75 * bald)
    hidden = f["hat"] * smooth(y, 0.33, 0.40)
    covered = covered * (1 - hidden)

    phase = 6.28 * f["texture"]
    around = shell.angle * torch.where(shell.local_x > 0, 1.0, -1.0)
    strands = torch.sin(9 * around + phase + 2 * y) + 0.7 * torch.sin(17 * around - 2 * phase - 3 * y)
    gloss = bump(shell.normal[:, 1] - 0.45, 0 * y, 0.22, 1) * 0.22
    tone = 1 + 0.07 * strands + gloss
    colour = s.hair * tone.unsqueeze(1) * s.lit(shell.normal, 0.5)
    if back:
        colour = s.hair * (0.62 + 0.05 * strands).unsqueeze(1)
    canvas.over(colour, shell.mask * covered)


def _head(s: Scene, canvas: Canvas) -> None:
    male, old = s.f["gender"], s.f["age"]
    y = s.head_y
    up = (1 - (y.clamp_min(0) / s.top) ** 2.3).clamp_min(0) ** 0.5
    fall = ((-y).clamp_min(0) / s.bottom).clamp_max(1)
    power, root = mix(1.95, 2.9, male) + 0.5 * old, mix(0.64, 0.50, male)
    down = (1 - fall**power).clamp_min(0) ** root
    deep = (1 - fall**3.2).clamp_min(0) ** 0.5
    width = s.half_width * torch.where(y > 0, up, down)
    depth = 0.52 * torch.where(y > 0, up, deep)
    solid = s.solid(width, depth)
    skin = Canvas(s.skin.expand(-1, 3, *y.shape[1:]))
    face.paint(s, solid, skin)
    canvas.over(skin.colour * s.lit(solid.normal), solid.mask)


def _glasses(s: Scene, canvas: Canvas) -> None:
    """Big tinted sunglasses with a heavy frame, on a plane in front of the eyes."""
    f, worn = s.f, s.f["glasses"]
    u = (s.head_x - 0.50 * s.sin) / s.cos
    v = s.head_y - 0.03 * f["pitch"] - 0.035
    dark = _rgb(0.07, 0.06, 0.07)
    tint = mix(_rgb(0.14, 0.13, 0.16), _rgb(0.24, 0.15, 0.10), f["tint"].unsqueeze(1))
    bridge = smooth(0.05 - (v - 0.04).abs(), 0.0, 0.02) * smooth(0.1 - u.abs(), 0.0, 0.02)
    canvas.over(dark, bridge * worn)
    for side in (-1.0, 1.0):
        du, dv = (u - side * 0.205).abs() / 0.185, v.abs() / 0.150
        radius = (du**2.8 + dv**2.8 + 1e-6) ** (1 / 2.8)
        canvas.over(dark, ((1 - radius) * 0.16 / s.pixel + 0.5).clamp(0, 1) * worn)
        lens = ((0.80 - radius) * 0.16 / s.pixel + 0.5).clamp(0, 1)
        shine = 0.16 * smooth(v, -0.05, 0.13)
        canvas.over(tint + shine.unsqueeze(1), lens * 0.94 * worn)


def _hat(s: Scene, canvas: Canvas) -> None:
    """A felt hat: a wide brim seen slightly from above and a tall crown with a band."""
    f, worn, y = s.f, s.f["hat"], s.head_y
    felt = mix(_rgb(0.25, 0.20, 0.17), _rgb(0.34, 0.27, 0.20), f["hat_hue"].unsqueeze(1))
    base = 0.34 - 0.02 * f["pitch"]
    turn = 0.05 * s.sin
    across, along = (s.head_x - turn) / 0.80, (y - base + 0.02 * (s.head_x / 0.8) ** 2) / 0.135
    radius = torch.sqrt(across**2 + along**2 + 1e-6)
    brim = ((1 - radius) * 0.14 / s.pixel + 0.5).clamp(0, 1)
    light = 0.85 + 0.35 * smooth(along, -1.0, 0.6) + 0.12 * (across * s.light[:, 0] * 2)
    canvas.over(felt * light.unsqueeze(1), brim * worn)

    height = (y - base).clamp_min(0) / 0.50
    taper = (1 - 0.16 * height) * (1 - height.clamp(0, 1) ** 7).clamp_min(0) ** 0.5
    width = (s.half_width + 0.10) * taper
    x = (s.head_x - turn) / (s.half_width + 0.10)
    floor = -0.075 * (1 - x**2).clamp_min(0) ** 0.5
    crown = s.solid(width, width)
    above = smooth(y - base - floor, -0.5 * s.pixel, 0.5 * s.pixel)
    dent = 1.15 - 0.15 * bump(s.head_x - turn, y - base - 0.5, 0.2, 0.15)
    canvas.over(felt * s.lit(crown.normal, 0.5) * dent.unsqueeze(1), crown.mask * above * worn)
    band = above * smooth(-(y - base - floor - 0.13), -0.5 * s.pixel, 0.5 * s.pixel)
    canvas.over(_rgb(0.62, 0.52, 0.38) * s.lit(crown.normal, 0.5), crown.mask * band * worn)


def paint(factors: dict[str, torch.Tensor], size: int = 64, supersample: int = 2) -> torch.Tensor:
    """Paints one portrait a row of `factors`, each (B,); returns RGB (B, 3, size, size) in [0, 1]."""
    s = Scene(factors, size * supersample)
    canvas = Canvas(_background(s))
    _hair(s, canvas, back=True)
    _shoulders(s, canvas)
    _ears(s, canvas, in_front=False)
    _head(s, canvas)
    _ears(s, canvas, in_front=True)
    face.paint_nose(s, canvas)
    _hair(s, canvas, back=False)
    _glasses(s, canvas)
    _hat(s, canvas)
    return functional.avg_pool2d(canvas.colour.clamp(0, 1), supersample)
