"""Command line of the reference: python -m reference sample|invert|pca|jacobian|examples|edit --help"""

import argparse
import hashlib
import json
from pathlib import Path

import torch

from . import examples, files, jacobian, pca, sampling
from .pipeline import Pipeline


def seeds(text):
    """0-3,7 as [0, 1, 2, 3, 7]"""
    found = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def eta_list(text, steps):
    """One number for all steps, or T of them separated by commas."""
    values = [float(v) for v in text.split(",")]
    if len(values) not in (1, steps):
        raise SystemExit(f"--eta: expected 1 or {steps} numbers, found {len(values)}")
    return values * (steps if len(values) == 1 else 1)


def sample(args, pipeline, eta):
    trajectory = sampling.sample(pipeline, args.seeds, eta, args.batch)
    if args.save:
        files.save_trajectory(args.save, pipeline, trajectory, eta, seeds=args.seeds, reference_seeds=True)
    if args.out:
        files.save_grid(args.out, trajectory.x_0, min(8, len(args.seeds)))


def invert(args, pipeline, eta):
    x_0 = files.load_image(args.image, pipeline.sample_shape)
    if any(eta):
        found = sampling.invert_ddpm(pipeline, x_0, eta, torch.Generator().manual_seed(args.seed))
    else:
        found = sampling.invert_ddim(pipeline, x_0)
    done = sampling.decode(pipeline, found.x_T, found.z, eta)  # h and x_0 of a trajectory file are what decoding gives
    print(json.dumps({"psnr_db": float(10 * torch.log10(4 / (done.x_0 - x_0).square().mean()))}))
    source = {"name": Path(args.image).name, "sha256": hashlib.sha256(Path(args.image).read_bytes()).hexdigest()}
    files.save_trajectory(args.out, pipeline, done, eta, "ddpm" if any(eta) else "ddim", images=[source])


def find_components(args, pipeline, eta):
    trajectory = sampling.sample(pipeline, list(range(args.samples)), eta, args.batch)
    found, deviations = pca.pca(trajectory.h, args.components, args.scope)
    files.save_components(args.out, pipeline, found, deviations, eta)


def find_jacobian(args, pipeline, eta):
    def report(step, found):
        print(f"step {step + 1} of {pipeline.steps}: {found.pairs} pairs")

    x_T, z = sampling.draw(pipeline, args.seed, eta)
    options = {"k": args.vectors, "generator": torch.Generator().manual_seed(0)}
    found = jacobian.directions(pipeline, x_T, z, eta, on_step=report, **options)
    jacobian.check(pipeline, x_T, z, eta, found)
    print(json.dumps({"max_residual": max(float(f.residuals.max()) for f in found)}))
    files.save_singular_vectors(args.out, pipeline, found, eta)


def from_examples(args, pipeline, eta):
    positive, _ = files.load_trajectory(args.positive)
    negative, _ = files.load_trajectory(args.negative)
    delta = examples.mean_difference(positive.h, negative.h)
    files.save_directions(args.out, pipeline, delta[None], [args.name], eta, "examples")


def edit(args, pipeline, eta):
    path, _, index = args.direction.rpartition(":")
    direction = files.load_directions(path)[0]["directions"][int(index)]
    rows = []
    for seed in args.seeds:
        x_T, z = sampling.draw(pipeline, seed, eta)
        for strength in args.strengths:
            rows.append(sampling.decode(pipeline, x_T, z, eta, strength * direction, args.asymmetric).x_0)
    files.save_grid(args.out, torch.cat(rows), len(args.strengths))
    if args.save:
        files.save(args.save, "images", {"x_0": torch.cat(rows)}, {})


def parser():
    top = argparse.ArgumentParser(prog="python -m reference", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="command")

    def command(name, run, text, **options):
        p = commands.add_parser(name, help=text, description=text)
        p.set_defaults(run=run)
        p.add_argument("--model", required=True, help="a diffusers pipeline directory")
        p.add_argument("--steps", type=int, default=options.get("steps", 50), help="T (default %(default)s)")
        p.add_argument("--eta", default=options.get("eta", "1"), help="one number, or T of them (default %(default)s)")
        p.add_argument("--h-space", default="after", choices=("after", "before", "middle"))
        p.add_argument("--threads", type=int, help="default: as PyTorch chooses")
        p.add_argument("--batch", type=int, default=1, help="samples in one pass (default 1, as the paper's code)")
        return p

    p = command("sample", sample, "Sample seeds and record h.")
    p.add_argument("--seeds", type=seeds, required=True)
    p.add_argument("--save", help="trajectory file to write")
    p.add_argument("--out", help="picture to write")
    p = command("invert", invert, "Invert a picture: DDIM where eta is 0, else edit-friendly DDPM.", eta="0")
    p.add_argument("image")
    p.add_argument("--seed", type=int, default=0, help="of the independent draws of DDPM inversion")
    p.add_argument("--out", required=True, help="trajectory file to write")
    p = command("pca", find_components, "Principal components of h over samples.", steps=10)
    p.add_argument("--samples", type=int, default=500)
    p.add_argument("--components", type=int, default=25)
    p.add_argument("--scope", default="timestep", choices=("timestep", "trajectory"))
    p.add_argument("--out", required=True, help="direction file to write")
    p = command("jacobian", find_jacobian, "Singular vectors of the Jacobian along one sample.", steps=10)
    p.add_argument("--seed", type=int, required=True)
    p.add_argument("--vectors", type=int, default=3)
    p.add_argument("--out", required=True, help="direction file to write")
    p = command("examples", from_examples, "Mean difference between two trajectory files, pair by pair.")
    p.add_argument("positive")
    p.add_argument("negative")
    p.add_argument("--name", default="examples")
    p.add_argument("--out", required=True, help="direction file to write")
    p = command("edit", edit, "Decode seeds with a direction at several strengths.")
    p.add_argument("--seeds", type=seeds, required=True)
    p.add_argument("--direction", required=True, help="FILE:INDEX")
    p.add_argument("--strengths", type=lambda s: [float(v) for v in s.split(",")], required=True)
    p.add_argument("--asymmetric", action="store_true")
    p.add_argument("--save", help="tensor file with x_0 to write")
    p.add_argument("--out", required=True, help="picture to write")
    return top


def main():
    args = parser().parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    pipeline = Pipeline.load(args.model, args.steps, args.h_space)
    args.run(args, pipeline, eta_list(args.eta, args.steps))


if __name__ == "__main__":
    main()
