"""Renders the data set once: DIR/images.npy (N, S, S, 3) uint8 and DIR/factors.safetensors, one (N,) column a factor.

Run it again after an interruption and it goes on where it stopped.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

import factors
import portrait

CHUNK = 64


def images_of(table: dict[str, torch.Tensor], size: int = 64) -> numpy.ndarray:
    """Portraits (B, size, size, 3) as uint8, painted on a canvas of 128 pixels a side at least."""
    picture = portrait.paint(table, size, supersample=max(1, 128 // size))
    return (picture * 255 + 0.5).clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous().numpy()


def render(folder: Path, count: int, seed: int, size: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"count": count, "seed": seed, "size": size}
    names = ("progress.json", "factors.safetensors", "images.npy")
    progress_file, table_file, images_file = (folder / name for name in names)
    if progress_file.exists():
        progress = json.loads(progress_file.read_text())
        if progress["settings"] != settings:
            raise SystemExit(f"{folder} holds another data set: {progress['settings']}, asked for {settings}")
        table = load_file(table_file)
        images = numpy.lib.format.open_memmap(images_file, mode="r+")
    else:
        progress = {"settings": settings, "done": 0}
        table = factors.draw(count, torch.Generator().manual_seed(seed))
        save_file(table, table_file, metadata={"settings": json.dumps(settings)})
        images = numpy.lib.format.open_memmap(images_file, mode="w+", dtype=numpy.uint8, shape=(count, size, size, 3))

    began, first = time.time(), progress["done"]
    for start in range(first, count, CHUNK):
        stop = min(start + CHUNK, count)
        images[start:stop] = images_of({name: column[start:stop] for name, column in table.items()}, size)
        if stop == count or (stop // CHUNK) % 16 == 0:
            images.flush()
            progress["done"] = stop
            part = progress_file.with_suffix(".part")
            part.write_text(json.dumps(progress))
            os.replace(part, progress_file)
            print(f"{stop}/{count}  {(stop - first) / (time.time() - began):.0f} images/s", flush=True)


def save_pictures(folder: Path, target: Path) -> None:
    """Writes every picture of a data set as PNG, by its number."""
    target.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(numpy.load(folder / "images.npy", mmap_mode="r")):
        Image.fromarray(picture).save(target / f"{number:05d}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=24_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=64, help="pixels a side")
    parser.add_argument("--pictures", type=Path, help="also write all of them as PNG into this folder")
    options = parser.parse_args()
    with torch.inference_mode():
        render(options.out, options.count, options.seed, options.size)
    if options.pictures:
        save_pictures(options.out, options.pictures)


if __name__ == "__main__":
    main()
