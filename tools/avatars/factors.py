"""Draws the factors of the portraits: six attributes, correlated as in CelebA, and independent nuisances.

Every factor is a column of a float32 table (N,). The six attributes come from one Gaussian copula, so that their
correlations are set in one place and every marginal keeps its shape.
"""

import math

import torch

ATTRIBUTES = ("yaw", "smile", "gender", "age", "glasses", "hat")

# Correlations of the underlying normals; two-valued columns come out at about 2/3 of these.
LATENT_CORRELATIONS = {
    ("smile", "gender"): -0.32,
    ("glasses", "age"): 0.32,
    ("glasses", "gender"): 0.25,
    ("hat", "gender"): 0.36,
    ("age", "gender"): 0.28,
    ("smile", "age"): -0.08,
}

# Nuisances: (low, high) of a uniform draw. Muted on purpose: what varies most leads a PCA of h-space.
NUISANCES = {
    "skin": (0.0, 1.0),
    "hair_hue": (0.0, 1.0),
    "face_width": (-1.0, 1.0),
    "face_length": (-1.0, 1.0),
    "eye_spacing": (-1.0, 1.0),
    "eye_size": (-1.0, 1.0),
    "iris": (0.0, 1.0),
    "brow": (-1.0, 1.0),
    "nose": (-1.0, 1.0),
    "mouth_width": (-1.0, 1.0),
    "hair_volume": (-1.0, 1.0),
    "parting": (-1.0, 1.0),
    "beard": (0.55, 1.0),
    "tilt": (-1.0, 1.0),
    "pitch": (-1.0, 1.0),
    "shift_x": (-1.0, 1.0),
    "shift_y": (-1.0, 1.0),
    "scale": (-1.0, 1.0),
    "light_side": (-1.0, 1.0),
    "light_power": (-1.0, 1.0),
    "background": (0.0, 1.0),
    "background_light": (0.0, 1.0),
    "clothes": (0.0, 1.0),
    "clothes_light": (0.0, 1.0),
    "hat_hue": (0.0, 1.0),
    "tint": (0.0, 1.0),
    "texture": (0.0, 1.0),
}

# Mirroring a picture negates these.
SIGNED = ("yaw", "parting", "tilt", "shift_x", "light_side")

MAX_YAW_DEGREES = 38.0


def _cholesky() -> torch.Tensor:
    size = len(ATTRIBUTES)
    matrix = torch.eye(size, dtype=torch.float64)
    for (first, second), value in LATENT_CORRELATIONS.items():
        i, j = ATTRIBUTES.index(first), ATTRIBUTES.index(second)
        matrix[i, j] = matrix[j, i] = value
    return torch.linalg.cholesky(matrix)  # (6, 6)


def draw(count: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Draws `count` portraits' factors; each value is a float32 tensor (count,).

    yaw is in degrees, positive when the face turns towards the picture's right; smile, gender (1 is male) and age
    (0 is about 20 years, 1 about 80) lie in [0, 1]; glasses and hat are 0 or 1.
    """
    normals = torch.randn(count, len(ATTRIBUTES), generator=generator, dtype=torch.float64) @ _cholesky().T  # (N, 6)
    column = {name: normals[:, i] for i, name in enumerate(ATTRIBUTES)}
    uniform = {name: 0.5 * (1 + torch.erf(value / math.sqrt(2))) for name, value in column.items()}
    table = {
        "yaw": MAX_YAW_DEGREES * (2 * uniform["yaw"] - 1),
        "smile": torch.sigmoid(2.0 * column["smile"]),
        "gender": torch.sigmoid(4.0 * column["gender"]),
        "age": torch.sigmoid(1.6 * column["age"]),
        "glasses": (uniform["glasses"] > 0.55).double(),
        "hat": (uniform["hat"] > 0.55).double(),
    }
    for name, (low, high) in NUISANCES.items():
        table[name] = low + (high - low) * torch.rand(count, generator=generator, dtype=torch.float64)
    return {name: value.float() for name, value in table.items()}
