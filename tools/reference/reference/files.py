"""Trajectory and direction files: safetensors with JSON metadata, the engine's own format, read and written."""

import hashlib
import json
from decimal import Decimal

import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from .sampling import Trajectory


def scheduler_hash(config):
    """The engine's hash of a noise schedule: sha256 of its canonical JSON (SchedulerConfig.canonicalJson says how it is made)."""
    keys = ["num_train_timesteps", "prediction_type", "rescale_betas_zero_snr", "set_alpha_to_one", "steps_offset"]
    fields = {key: config[key] for key in keys + ["timestep_spacing"]}
    if config.trained_betas is None:
        fields |= {"beta_schedule": config.beta_schedule}
        fields |= {"beta_start": float(config.beta_start), "beta_end": float(config.beta_end)}
    else:
        fields["trained_betas"] = config.trained_betas

    def text(value):
        if isinstance(value, (list, tuple)):
            return "[" + ",".join(text(float(v)) for v in value) + "]"
        return format(Decimal(repr(value)).normalize(), "f") if isinstance(value, float) else json.dumps(value)

    canonical = "{" + ",".join(f"{json.dumps(key)}:{text(fields[key])}" for key in sorted(fields)) + "}"
    return hashlib.sha256(canonical.encode()).hexdigest()


def provenance(pipeline, eta, **more):
    return {
        "model_hash": pipeline.hash(),
        "scheduler_hash": scheduler_hash(pipeline.scheduler.config),
        "steps": pipeline.steps,
        "eta": list(eta),
        "h_space": pipeline.point,
        "tool_version": "reference",
    } | more


def save(path, kind, tensors, metadata):
    # Copies, because safetensors refuses tensors that share memory.
    tensors = {name: t.detach().clone(memory_format=torch.contiguous_format) for name, t in tensors.items() if t is not None}
    text = {k: v if isinstance(v, str) else json.dumps(v) for k, v in metadata.items()}
    save_file(tensors, str(path), metadata={"format": f"hspace-{kind}", "version": "1"} | text)


def load(path, kind):
    """The pair (tensors, metadata) of a file; metadata values that are JSON are parsed."""
    with safe_open(str(path), "pt") as file:
        metadata = dict(file.metadata() or {})
        if metadata.get("format") != f"hspace-{kind}":
            raise ValueError(f"{path}: expected an hspace-{kind} file, found {metadata.get('format')!r}")
        for key in ("provenance", "names"):
            if key in metadata:
                metadata[key] = json.loads(metadata[key])
        return {name: file.get_tensor(name) for name in file.keys()}, metadata


def save_trajectory(path, pipeline, trajectory, eta, method="sample", **origin):
    """origin: seeds=[…] with reference_seeds=True, or images=[…]"""
    tensors = {"x_T": trajectory.x_T, "z": trajectory.z, "h": trajectory.h, "x_0": trajectory.x_0}
    save(
        path,
        "trajectory",
        tensors | {"timesteps": pipeline.timesteps.long()},
        {"provenance": provenance(pipeline, eta, method=method, **origin)},
    )


def load_trajectory(path):
    tensors, metadata = load(path, "trajectory")
    return Trajectory(tensors["x_T"], tensors.get("z"), tensors.get("h"), tensors["x_0"]), metadata


def save_directions(path, pipeline, directions, names, eta, kind, timesteps=None, **tensors):
    """directions (K, T, c, h, w), where T is that of `timesteps` if given; further tensors are the method's own"""
    timesteps = pipeline.timesteps if timesteps is None else timesteps
    save(
        path,
        "directions",
        {"directions": directions.float(), "timesteps": timesteps.long()} | tensors,
        {"names": list(names), "provenance": provenance(pipeline, eta, details={"kind": kind})},
    )


def save_components(path, pipeline, directions, deviations, eta):
    """Principal components (K, T, c, h, w) with their standard deviations (T, K), or (1, K) of whole trajectories."""
    names = [f"pc{k}" for k in range(len(directions))]
    save_directions(path, pipeline, directions, names, eta, "pca", explained_variance=deviations.square())


def save_singular_vectors(path, pipeline, found, eta, at=None):
    """The singular vectors of T timesteps, or of the steps `at`: direction `i@t` is σ_i v_i of timestep t, for use at all."""
    timesteps = pipeline.timesteps if at is None else pipeline.timesteps[at]
    sigma = torch.stack([f.sigma for f in found])  # (T, k)
    vectors = torch.stack([f.v for f in found])  # (T, k, c, h, w)
    scaled = (vectors * sigma[..., None, None, None]).flatten(0, 1)[:, None]  # (T·k, 1, c, h, w)
    names = [f"{i}@{int(t)}" for t in timesteps for i in range(sigma.shape[1])]
    figures = {
        "singular_values": sigma,
        "right_vectors": vectors,
        "residuals": torch.stack([f.residuals for f in found]),
        "found_at": timesteps.long(),
    }
    save_directions(path, pipeline, scaled, names, eta, "jacobian", pipeline.timesteps[:1], **figures)


def load_directions(path):
    return load(path, "directions")


def load_image(path, shape):
    """A picture as x_0 (1, C, H, W) in [-1, 1]; it must have the model's size already."""
    channels, height, width = shape
    image = Image.open(path).convert("RGB" if channels == 3 else "L")
    if image.size != (width, height):
        raise ValueError(f"{path}: expected a picture of {width} x {height}, found {image.width} x {image.height}")
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(height, width, channels)
    return (pixels.permute(2, 0, 1)[None].float() / 127.5 - 1).contiguous()


def save_grid(path, x, columns):
    """Pictures x (N, C, H, W) in [-1, 1] side by side."""
    n, channels, height, width = x.shape
    rows = -(-n // columns)
    sheet = torch.ones(rows * columns, channels, height, width)
    sheet[:n] = x.clamp(-1, 1)
    sheet = sheet.view(rows, columns, channels, height, width).permute(0, 3, 1, 4, 2).reshape(rows * height, -1, channels)
    pixels = ((sheet + 1) * 127.5).round().to(torch.uint8).numpy()
    Image.fromarray(pixels if channels == 3 else pixels[..., 0]).save(path)
