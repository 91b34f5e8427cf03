"""Encodes a rendered data set once: DIR/latents.npy (N, 4, 32, 32) float16, posterior means, with their scaling factor.

The scaling factor, one over the latents' standard deviation, is measured on the first run and kept in DIR/latents.json;
that of a pipeline directory is taken as it is.
Run it again when more has been rendered, and it goes on where it stopped.
"""

import argparse
import json
from pathlib import Path

import numpy
import torch

from autoencoder import averaged
from network import inner_products

CHUNK = 32
MEASURED = 1024  # pictures that the scaling factor is measured on


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that render.py filled")
    parser.add_argument("--autoencoder", type=Path, required=True, help="a checkpoint of autoencoder.py, or a pipeline directory")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network = averaged(options.autoencoder).to(memory_format=torch.channels_last)
    images = numpy.load(options.data / "images.npy", mmap_mode="r")  # (N, 128, 128, 3) uint8
    rendered = json.loads((options.data / "progress.json").read_text())["done"]

    @torch.inference_mode()
    def encode(start: int, stop: int) -> torch.Tensor:
        pictures = torch.from_numpy(images[start:stop].copy()).permute(0, 3, 1, 2).float() / 127.5 - 1
        with inner_products():
            return network.encode(pictures).latent_dist.mean.float()  # (B, 4, 32, 32)

    latents_file, progress_file = options.data / "latents.npy", options.data / "latents.json"
    if progress_file.exists():
        progress = json.loads(progress_file.read_text())
        latents = numpy.lib.format.open_memmap(latents_file, mode="r+")
    else:
        some = torch.cat([encode(i, i + CHUNK) for i in range(0, min(MEASURED, rendered), CHUNK)])
        measured = round(1 / some.std().item(), 5)
        factor = network.config.scaling_factor if options.autoencoder.is_dir() else measured
        progress = {"done": 0, "scaling_factor": factor}
        print(f"means {some.mean((0, 2, 3)).tolist()}, sd {some.std((0, 2, 3)).tolist()}", flush=True)
        shape = (len(images), *some.shape[1:])
        latents = numpy.lib.format.open_memmap(latents_file, mode="w+", dtype=numpy.float16, shape=shape)
    while progress["done"] < rendered:
        start = progress["done"]
        stop = min(start + 32 * CHUNK, rendered)
        for i in range(start, stop, CHUNK):
            j = min(i + CHUNK, stop)
            latents[i:j] = encode(i, j).numpy()
        latents.flush()
        progress["done"] = stop
        progress_file.write_text(json.dumps(progress))
        print(f"{stop}/{rendered}", flush=True)


if __name__ == "__main__":
    main()
