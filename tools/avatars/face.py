"""What is painted on the skin of the head: eyes, brows, mouth, beard, the marks of age and of a smile, and the nose."""

import torch

from solids import Canvas, Solid, bump, mix, smooth

EYE_LEVEL = 0.03
MOUTH_LEVEL = -0.335


def _rgb(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(1, 3, 1, 1)


def paint(s, solid: Solid, skin: Canvas) -> None:
    """Paints the face into `skin`, an albedo (B, 3, H, W), by the surface's own coordinates."""
    u = solid.local_x
    v = s.head_y - 0.03 * s.f["pitch"]
    front = smooth(solid.local_z, -0.05, 0.12)
    _complexion(s, skin, u, v, front)
    _beard(s, skin, solid, u, v)
    _age(s, skin, u, v, front)
    _smile_folds(s, skin, u, v, front)
    _temples(s, skin, solid, v)
    for side in (-1.0, 1.0):
        _eye(s, skin, side, u, v, front)
    _mouth(s, skin, u, v, front)
    shadow = s.f["hat"] * smooth(v, 0.02, 0.28)
    skin.shade(0.38 * shadow)


def _complexion(s, skin: Canvas, u, v, front) -> None:
    female = 1 - s.f["gender"]
    sockets = bump(u.abs() - 0.19, v - EYE_LEVEL - 0.03, 0.14, 0.10)
    skin.shade(0.16 * sockets * front)
    blush = bump(u.abs() - 0.27, v + 0.16, 0.13, 0.11) * front * (0.12 + 0.16 * female + 0.22 * s.f["smile"])
    skin.over(s.skin * _rgb(1.03, 0.72, 0.70), blush * (1 - 0.6 * s.f["age"]))
    skin.shade(0.14 * bump(u, v - MOUTH_LEVEL + 0.115, 0.12, 0.035) * front)


def _beard(s, skin: Canvas, solid: Solid, u, v) -> None:
    amount = s.f["beard"] * smooth(s.f["gender"], 0.45, 0.9)
    edge = -0.27 + 0.55 * (u.abs() - 0.20).clamp_min(0)
    jaw = smooth(edge - v, -0.03, 0.06)
    moustache = smooth(1 - torch.sqrt((u / 0.22) ** 2 + ((v + 0.262) / 0.055) ** 2), -0.1, 0.3)
    region = torch.maximum(jaw, moustache) * smooth(solid.angle, 1.9, 1.5)
    skin.over(s.hair * 0.95, 0.85 * amount * region)


def _age(s, skin: Canvas, u, v, front) -> None:
    old = smooth(s.f["age"], 0.3, 1.0) * front
    for level in (0.245, 0.325, 0.405):
        crease = v - level - 0.03 * torch.cos(5 * u)
        fade = bump(u, 0 * v, 0.26, 1)
        skin.shade(old * fade * (0.24 * bump(crease, 0 * v, 0.018, 1) - 0.10 * bump(crease - 0.035, 0 * v, 0.018, 1)))
    for side in (-1.0, 1.0):
        du, dv = side * u - 0.19, v - EYE_LEVEL + 0.115 - 0.6 * (side * u - 0.19) ** 2
        skin.shade(0.30 * old * bump(du, dv, 0.10, 0.028))
        crow = (side * u - 0.33, v - EYE_LEVEL)
        skin.shade(0.16 * old * bump(crow[0], crow[1], 0.05, 0.06))
        skin.shade(0.22 * old * bump(side * u - 0.30, v + 0.25, 0.07, 0.13))
    spots = torch.sin(13 * u + 9 * v + 6.28 * s.f["texture"]) * torch.sin(11 * v - 8 * u + 3 * s.f["skin"])
    skin.shade(0.05 * old * spots)


def _smile_folds(s, skin: Canvas, u, v, front) -> None:
    smile, old = s.f["smile"], s.f["age"]
    strength = (0.30 * smooth(smile, 0.3, 1.0) + 0.22 * smooth(old, 0.3, 1.0)).clamp_max(0.42) * front
    for side in (-1.0, 1.0):
        down = ((-0.13 - v) / 0.24).clamp(0, 1)
        path = 0.10 + (0.15 + 0.05 * smile) * down**0.8
        ends = smooth(v, -0.43, -0.34) * smooth(-v, 0.10, 0.17)
        skin.shade(strength * ends * bump(side * u - path, 0 * v, 0.030, 1))
        cheek = bump(side * u - 0.27, v + 0.13, 0.10, 0.075) * front
        skin.shade(-0.16 * smooth(smile, 0.3, 1.0) * cheek)


def _temples(s, skin: Canvas, solid: Solid, v) -> None:
    """The arms of the glasses, along the sides of the head."""
    beside = smooth(solid.angle, 0.7, 0.8) * smooth(solid.angle, 1.65, 1.5)
    arm = smooth(0.04 - (v - EYE_LEVEL - 0.03).abs(), 0.0, 0.02) * beside
    skin.over(_rgb(0.07, 0.06, 0.07), arm * s.f["glasses"])


def _eye(s, skin: Canvas, side: float, u, v, front) -> None:
    f = s.f
    female, smile = 1 - f["gender"], smooth(f["smile"], 0.3, 1.0)
    du = side * u - (0.19 + 0.012 * f["eye_spacing"])
    wide = 0.098 + 0.008 * f["eye_size"]
    high = (0.058 + 0.008 * f["eye_size"] + 0.010 * female) * (1 - 0.42 * smile) * (1 - 0.22 * f["age"])
    dv = v - EYE_LEVEL - 0.018 * smile
    radius = torch.sqrt((du / wide) ** 2 + (dv / high) ** 2 + 1e-6)
    opening = ((1 - radius) * high / s.pixel + 0.5).clamp(0, 1) * front
    rim = (((1.30 - radius) * high) / s.pixel + 0.5).clamp(0, 1) * smooth(dv, -0.6 * high, 0.7 * high)
    skin.over(_rgb(0.16, 0.10, 0.09), rim * front * (0.55 + 0.40 * female))
    skin.over(_rgb(0.93, 0.92, 0.90), opening)
    centre = torch.sqrt(du**2 + (dv - 0.004) ** 2 + 1e-6)
    iris = mix(_rgb(0.26, 0.16, 0.10), _rgb(0.28, 0.36, 0.42), smooth(f["iris"], 0.55, 0.75).unsqueeze(1))
    skin.over(iris, opening * ((0.052 - centre) / s.pixel + 0.5).clamp(0, 1))
    skin.over(_rgb(0.05, 0.04, 0.04), opening * ((0.026 - centre) / s.pixel + 0.5).clamp(0, 1))

    level = 0.165 + 0.02 * female + 0.012 * smile - 0.25 * (du - 0.02) ** 2 / 0.1 * (0.25 + 0.3 * female) * 0.6
    thick = 0.022 + 0.012 * f["gender"] + 0.004 * f["brow"]
    brow = bump(du - 0.01, 0 * v, 0.13, 1) ** 0.35 * smooth(0.15 - (du - 0.01).abs(), 0.0, 0.05)
    skin.over(s.hair * 0.8, 0.9 * brow * bump(v - EYE_LEVEL + 0.03 - level, 0 * v, thick, 1) * front)


def _mouth(s, skin: Canvas, u, v, front) -> None:
    """Closed and level at smile 0; wide, open, with raised corners and teeth at smile 1."""
    f = s.f
    smile, female = f["smile"], 1 - f["gender"]
    half = mix(0.135, 0.250, smile) + 0.010 * f["mouth_width"]
    inside = (u / half).clamp(-1, 1)
    arch = (1 - inside**2).clamp_min(0)
    lift = mix(-0.025, 0.085, smile)
    curve = MOUTH_LEVEL + 0.045 * smile + lift * (inside**2 - 0.45)
    opening = 0.165 * smooth(smile, 0.25, 1.0) * arch**0.6
    ends = ((half - u.abs()) / s.pixel + 0.5).clamp(0, 1) * front
    plump = 0.034 + 0.016 * female - 0.010 * f["age"]
    upper = curve + plump * arch**0.6
    lower = curve - opening - 1.25 * plump * arch**0.6
    lips = ((upper - v) / s.pixel + 0.5).clamp(0, 1) * ((v - lower) / s.pixel + 0.5).clamp(0, 1) * ends
    redness = (0.25 + 0.50 * female * (1 - 0.4 * f["age"])).unsqueeze(1)
    red = mix(s.skin * _rgb(0.86, 0.62, 0.58), _rgb(0.72, 0.24, 0.26), redness)
    skin.over(red, 0.95 * lips)
    line = bump(v - curve, 0 * v, 0.016, 1) * ends * (1 - smooth(smile, 0.25, 0.5))
    skin.over(_rgb(0.30, 0.12, 0.11), 0.85 * line)
    hole = ((curve - v) / s.pixel + 0.5).clamp(0, 1) * ((v - curve + opening) / s.pixel + 0.5).clamp(0, 1) * ends
    hole = hole * smooth(opening, 0.0, 0.03)
    skin.over(_rgb(0.30, 0.09, 0.09), hole)
    teeth = hole * ((v - curve + 0.62 * opening) / s.pixel + 0.5).clamp(0, 1)
    skin.over(_rgb(0.97, 0.96, 0.93), teeth)


def paint_nose(s, canvas: Canvas) -> None:
    """The nose stands out from the face, so it moves ahead of it as the head turns."""
    f = s.f
    v = s.head_y - 0.03 * f["pitch"]
    ahead = 0.60 + 0.01 * f["nose"]
    tip_u = s.head_x - ahead * s.sin
    root_u = s.head_x - 0.52 * s.sin
    down = ((EYE_LEVEL - v) / 0.22).clamp(0, 1)
    u = mix(root_u, tip_u, down)
    male = f["gender"]
    half = mix(0.035, 0.085 + 0.012 * f["nose"] + 0.012 * male, down**1.6)
    length = smooth(v, -0.225, -0.175) * smooth(-v, -0.10, 0.02)
    inside = smooth(half - u.abs(), -0.02, 0.03) * length
    normal_x = (u / half).clamp(-1, 1)
    shading = 1.03 + 0.16 * normal_x * s.light[:, 0] * 2 - 0.16 * normal_x**2 + 0.07 * bump(u, v + 0.13, 0.04, 0.06)
    shading = shading * (0.84 + 0.16 * smooth(v, -0.21, -0.14))
    covered = 1 - 0.38 * f["hat"] * smooth(v, 0.02, 0.28)
    canvas.over(s.skin * (shading * s.power * covered).unsqueeze(1), 0.85 * inside)
    under = bump(tip_u, v + 0.225, 0.085, 0.022)
    canvas.shade(0.38 * under)
