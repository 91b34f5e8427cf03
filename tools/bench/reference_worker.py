"""Serves workloads of the Python reference: one JSON request a line on standard input, one JSON reply a line.

python reference_worker.py MODEL --engine reference|reference-tuned|reference-compiled|published --threads N
Requests and replies are those of `org.hspace.bench` (README.md lists them).
"""

import argparse
import json
import os
import sys
import time
import traceback

import torch
from reference import files, jacobian, pca, sampling
from reference.pipeline import Pipeline
from reference.published import Published
from tuned import CompiledPipeline, TunedPipeline, best_batch


class Worker:
    def __init__(self, args):
        torch.set_num_threads(args.threads)
        pipeline = Pipeline.load(args.model, 10)
        self.batch = 1
        if args.engine == "reference-tuned":
            pipeline = TunedPipeline.of(pipeline, getattr(torch, args.dtype))
            self.batch, _ = best_batch(pipeline)
        elif args.engine == "reference-compiled":
            pipeline = CompiledPipeline.of(pipeline)
            self.batch = 8
        self.pipeline, self.engine, self.published = pipeline, args.engine, args.published
        self.compiled = {}  # seconds that compiling took, by batch

    def chunks(self, rows):
        """Batches of row numbers; padded to full ones where each size would be compiled anew."""
        rows = list(rows)
        for first in range(0, len(rows), self.batch):
            chunk = rows[first : first + self.batch]
            padded = self.engine == "reference-compiled" and len(rows) > 1
            yield chunk + [chunk[-1]] * (self.batch - len(chunk) if padded else 0), len(chunk)

    def compile_for(self, request):
        """Compiles for the batch of a request, unless that was done; the wait is reported beside the time, not in it."""
        kind = request["workload"]
        rows = {"forward": request.get("batch"), "sample": len(request.get("seeds", [])), "invert": 1}.get(kind, 2)
        batch = rows if kind == "forward" or rows == 1 else self.batch
        if batch not in self.compiled:
            start = time.perf_counter()
            self.pipeline.predict(torch.zeros(batch, *self.pipeline.sample_shape), 0)
            self.compiled[batch] = round(time.perf_counter() - start, 1)
        return {"compile_s": self.compiled[batch]}

    def info(self, request):
        return {"torch": torch.__version__, "threads": torch.get_num_threads(), "batch": self.batch}

    def forward(self, request):
        x = torch.randn(request["batch"], *self.pipeline.sample_shape, generator=torch.Generator().manual_seed(0))
        for _ in range(request["repeat"]):
            self.pipeline.predict(x, 0)
        return {}

    def sample(self, request):
        pipeline, eta = self.lattice(request)
        parts = []
        for seeds, used in self.chunks(request["seeds"]):
            part = sampling.sample(pipeline, seeds, eta, len(seeds))
            z = None if part.z is None else part.z[:used]
            parts.append(sampling.Trajectory(part.x_T[:used], z, part.h[:used], part.x_0[:used]))
        trajectory = sampling.join(parts)
        if "save" in request:
            files.save_trajectory(
                request["save"], pipeline, trajectory, eta, seeds=request["seeds"], reference_seeds=True
            )
        return {}

    def edit(self, request):
        pipeline, eta = self.lattice(request)
        x_T, z = sampling.draw(pipeline, request["seed"], eta)
        directions = files.load_directions(request["directions"])[0]["directions"]
        deltas = [strength * direction for direction in directions for strength in request["strengths"]]
        images = []
        for rows, used in self.chunks(range(len(deltas))):
            b = len(rows)
            noise = None if z is None else z.expand(b, -1, -1, -1, -1)
            delta = torch.stack([deltas[row] for row in rows])
            done = sampling.decode(
                pipeline, x_T.expand(b, -1, -1, -1), noise, eta, delta, request.get("asymmetric", False)
            )
            images.append(done.x_0[:used])
        if "save" in request:
            files.save(request["save"], "images", {"x_0": torch.cat(images)}, {})
        return {}

    def invert(self, request):
        pipeline, eta = self.lattice(request)
        x_0 = files.load_trajectory(request["trajectory"])[0].x_0[:1]
        done = sampling.decode(pipeline, sampling.invert_ddim(pipeline, x_0).x_T, None, eta)
        if "save" in request:
            files.save_trajectory(request["save"], pipeline, done, eta, "ddim", images=[])
        return {"psnr_db": float(10 * torch.log10(4 / (done.x_0 - x_0).square().mean()))}

    def pca(self, request):
        pipeline, eta = self.lattice(request)
        rows = range(request["samples"])
        h = torch.cat([sampling.sample(pipeline, s, eta, len(s)).h[:used] for s, used in self.chunks(rows)])
        found, deviations = pca.pca(h, request["components"], request.get("scope", "timestep"))
        if "save" in request:
            files.save_components(request["save"], pipeline, found, deviations, eta)
        return {}

    def jacobian(self, request):
        pipeline, eta = self.lattice(request)
        at, k = request.get("step_indices"), request["vectors"]
        mask = middle_quarter(pipeline) if request.get("mask") else None
        x_T, z = sampling.draw(pipeline, request["seed"], eta)
        if self.engine == "published":
            published = Published(self.published, self.pipeline.directory, pipeline.steps)
            start = time.perf_counter()
            found = published.singular_vectors(request["seed"], k, request["eta"], mask)
            found = found if at is None else [found[step] for step in at]
        else:
            start = time.perf_counter()
            generator = torch.Generator().manual_seed(0)
            found = jacobian.directions(pipeline, x_T, z, eta, mask, at, k=k, generator=generator)
        seconds = time.perf_counter() - start
        jacobian.check(pipeline, x_T, z, eta, found, mask, at)
        if "save" in request:
            files.save_singular_vectors(request["save"], pipeline, found, eta, at)
        residual = max(float(f.residuals.max()) for f in found)
        return {"seconds": seconds, "pairs": sum(f.pairs for f in found), "max_residual": residual}

    def lattice(self, request):
        return self.pipeline.with_steps(request["steps"]), [float(request["eta"])] * request["steps"]


def middle_quarter(pipeline):
    """The mask (1, 1, H, W) of `mask` requests."""
    _, height, width = pipeline.sample_shape
    mask = torch.zeros(1, 1, height, width)
    mask[..., height // 4 : height - height // 4, width // 4 : width - width // 4] = 1
    return mask


def reset_peak():
    """Starts a new count of the process's peak memory, where Linux allows it."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def peak_mb():
    """Peak resident memory since then, in MB."""
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--engine", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--dtype", default="float32", help="of reference-tuned")
    parser.add_argument("--published", help="a checkout of the published repository, for the engine of that name")
    worker = Worker(parser.parse_args())
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever libraries print goes to standard error
    for line in sys.stdin:
        request = json.loads(line)
        try:
            facts = {}
            if worker.engine == "reference-compiled" and request["workload"] != "info":
                facts = worker.compile_for(request)
            reset_peak()
            start = time.perf_counter()
            with torch.inference_mode(request["workload"] != "jacobian" and worker.engine == "reference-tuned"):
                reply = getattr(worker, request["workload"])(request)
            reply = {"seconds": time.perf_counter() - start, "peak_mb": peak_mb()} | facts | reply
        except Exception as e:  # the driver reports it; the worker goes on serving
            traceback.print_exc()
            reply = {"error": f"{type(e).__name__}: {str(e).strip()}".splitlines()[0]}
        replies.write(json.dumps(reply) + "\n")


if __name__ == "__main__":
    main()
