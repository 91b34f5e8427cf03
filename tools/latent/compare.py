"""Runs the parts of published latent pipelines, with random weights, in diffusers and in this engine, on the same inputs.

For each: the relative difference of hidden states, h, epsilon, pictures and latents, the time of one pass and the peak memory of the process that
holds all parts. One process after the other, in float32.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import torch
from make import make, parts
from published import PIPELINES
from safetensors.torch import load_file, save_file

BOUND = 1e-4  # float32 through some hundred layers
TOKENS, START, END = 77, 49406, 49407


def inputs(pipeline):
    generator = torch.Generator().manual_seed(1)

    def noise(*shape):
        return torch.randn(*shape, generator=generator)

    size, channels = pipeline.unet["sample_size"], pipeline.unet.get("in_channels", 4)
    found = {"x": noise(1, channels, size, size), "t": torch.tensor([500]), "latents": 0.2 * noise(1, channels, size, size)}
    if pipeline.text_encoders:
        found["text"] = noise(1, TOKENS, pipeline.unet["cross_attention_dim"])
        words = torch.randint(START, (1, TOKENS), generator=generator)
        words[0, 0], words[0, 9:] = START, END
        found |= {f"tokens_{i}": words.clone() for i in range(len(pipeline.text_encoders))}
    if pipeline.pooled:
        sizes = [8.0 * size, 8.0 * size, 0, 0, 8.0 * size, 8.0 * size]
        found |= {"pooled_text": noise(1, pipeline.pooled), "time_ids": torch.tensor([sizes])}
    return found


@torch.no_grad()
def reference(pipeline, directory, given, output, turns):
    """diffusers and transformers in this process; prints what bench_parts prints."""
    models = {
        part: kind.from_pretrained(directory / part, **{"dtype" if "text" in part else "torch_dtype": torch.float32}).eval()
        for part, (kind, _) in parts(pipeline).items()
    }
    x = load_file(given)
    found, seconds = {}, {}

    def timed(name, call):
        for _ in range(turns):
            begin = time.perf_counter()
            found[name] = call()
            seconds[name] = min(seconds.get(name, float("inf")), time.perf_counter() - begin)

    for i, part in enumerate(name for name in models if name.startswith("text")):
        timed(f"text_{i}", lambda part=part, i=i: models[part](x[f"tokens_{i}"]).last_hidden_state)
    models["unet"].mid_block.register_forward_hook(lambda _, __, h: found.update(h=h))
    options = {"encoder_hidden_states": x["text"]} if "text" in x else {}
    if "time_ids" in x:
        options["added_cond_kwargs"] = {"text_embeds": x["pooled_text"], "time_ids": x["time_ids"]}
    timed("epsilon", lambda: models["unet"](x["x"], x["t"], **options).sample)
    codec = models["vae" if "vae" in models else "vqvae"]
    scale = codec.config.scaling_factor
    timed("pictures", lambda: codec.decode(x["latents"] / scale).sample)
    encode = codec.encode
    timed("encoded", lambda: scale * (encode(found["pictures"]).latent_dist.mean if "vae" in models else encode(found["pictures"]).latents))
    save_file({name: t.contiguous() for name, t in found.items()}, output)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"peak_mb": peak, "seconds": seconds}))


def relative(a, b):
    """‖a - b‖ / ‖b‖"""
    return float((a.double() - b.double()).norm() / b.double().norm())


def run(command, log):
    with open(log, "w") as errors:
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=errors, text=True)
    if done.returncode != 0:
        raise SystemExit(Path(log).read_text()[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def compare(name, options):
    pipeline = PIPELINES[name]
    directory = make(name, pipeline)
    folder = directory.with_name(name + "-compared")
    folder.mkdir(exist_ok=True)
    given = folder / "input.safetensors"
    save_file(inputs(pipeline), given)
    theirs, ours = folder / "diffusers.safetensors", folder / "hspace.safetensors"
    script = [sys.executable, "-W", "ignore", __file__, name, "--threads", options.threads, "--turns", options.turns]
    program = [options.program, directory, given, ours, "--threads", options.threads, "--turns", options.turns]
    replies = [
        run([*script, "--reference", theirs], folder / "diffusers.log"),
        run(program, folder / "hspace.log"),
    ]
    a, b = load_file(theirs), load_file(ours)
    if a.keys() != b.keys():
        raise SystemExit(f"{name}: expected {sorted(a)}, found {sorted(b)}")
    print(f"\n{pipeline.repository}: {pipeline.parameters / 1e6:.1f} M parameters in the U-Net")
    worst = 0.0
    for part in sorted(a):
        difference = relative(b[part], a[part])
        worst = max(worst, difference)
        times = [reply["seconds"].get(part) for reply in replies]
        timing = "" if None in times else f"   diffusers {times[0]:7.2f} s   hspace {times[1]:7.2f} s   ratio {times[1] / times[0]:.2f}"
        print(f"  {part:9} {str(tuple(a[part].shape)):18} difference {difference:.1e}{timing}")
    print(f"  peak memory: diffusers {replies[0]['peak_mb']:,} MB, hspace {replies[1]['peak_mb']:,} MB")
    return worst <= BOUND


def main():
    p = argparse.ArgumentParser(prog="tools/latent/compare", description=__doc__)
    p.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PIPELINES)} (default: ldm)")
    p.add_argument("--program", type=Path, help="native/bench's bench_parts")
    p.add_argument("--turns", type=int, default=2, help="passes of each part; the fastest counts (default %(default)s)")
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    p.add_argument("--reference", type=Path, help=argparse.SUPPRESS)
    options = p.parse_args()
    names = options.names or ["ldm"]
    for name in names:
        if name not in PIPELINES:
            p.error(f"NAME: expected one of {', '.join(PIPELINES)}, found {name}")
    torch.set_num_threads(options.threads)
    if options.reference:
        directory = make(names[0], PIPELINES[names[0]])
        given = options.reference.with_name("input.safetensors")
        reference(PIPELINES[names[0]], directory, given, options.reference, options.turns)
        return 0
    if not options.program:
        p.error("--program: expected the path of bench_parts (cmake -DHSPACE_BENCH=ON)")
    return 0 if all([compare(name, options) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
