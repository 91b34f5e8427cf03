"""Engines as processes that serve workloads, so that each is warm while they take turns."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ("reference", "reference-tuned", "reference-compiled", "published")
HSPACE = {"hspace-fp32": "float32", "hspace-fp64": "float64", "hspace-bf16": "bfloat16"}


# OpenMP's threads wait awake as briefly as tools/hspace has them wait, in the opponents too: on a busy machine it decides the time.
if not {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & os.environ.keys():
    os.environ["GOMP_SPINCOUNT"] = "10000"


def launcher():
    """The engine's command line: tools/hspace, or what HSPACE_LAUNCHER names instead."""
    return os.environ.get("HSPACE_LAUNCHER", ROOT / "tools/hspace")


class Worker:
    """One engine: `ask` sends a request and waits for its reply; an engine that fails says so in an exception."""

    def __init__(self, name, command, log, **environment):
        self.name, self.log = name, log
        self.process = subprocess.Popen(
            [str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(log, "w"), text=True,
            env=os.environ | environment,
        )

    def ask(self, workload, **request):
        try:
            self.process.stdin.write(json.dumps({"workload": workload} | request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(f"{self.name} ended during {workload}; its last words are in {self.log}")
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(f"{self.name}, {workload}: {reply['error']}")
        return reply

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def start(engine, model, threads, logs, device="cpu", published=None):
    """The worker of an engine: one of REFERENCE, HSPACE, or `reference-tuned:bfloat16` for one precision of it.

    `published` needs the path of a checkout of the published repository.
    """
    name, _, dtype = engine.partition(":")
    log = Path(logs) / f"{engine.replace(':', '-')}.log"
    if name in REFERENCE:
        command = [sys.executable, ROOT / "tools/bench/reference_worker.py", model, "--engine", name]
        command += ["--threads", threads, "--dtype", dtype or "float32"]
        command += ["--published", Path(published).resolve()] if published else []
    elif name in HSPACE:
        command = [launcher(), "--model", model, "--dtype", HSPACE[name], "--threads", threads, "--device", device]
        classes = str(ROOT / "target/test-classes")
        return Worker(engine, command, log, HSPACE_MAIN="org.hspace.bench.BenchCommand", HSPACE_CLASS_PATH=classes)
    else:
        raise ValueError(f"engine: expected one of {', '.join([*REFERENCE, *HSPACE])}, found {engine}")
    return Worker(engine, command, log)
