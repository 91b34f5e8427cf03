"""The tables of a benchmark, in Markdown, and its JSON."""

import json
from pathlib import Path


def table(header, rows):
    """A Markdown table of strings."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def milliseconds(ms):
    return f"{ms:.1f}" if ms < 100 else f"{ms:,.0f}"


def heading(title, machine, peak):
    return (
        f"# {title}\n\n{machine['date']}, commit {machine['commit']}. {machine['cpu']}, {machine['cores']} cores,"
        f" {machine['threads']} threads, {machine['cpu_capability']}; PyTorch {machine['pytorch']}, diffusers"
        f" {machine['diffusers']}.\nThe machine's best convolution: {peak['float32']:.0f} GFLOP/s in float32,"
        f" {peak['bfloat16']:.0f} in bfloat16.\n"
    )


def write_json(path, value):
    """Whole or not at all."""
    path = Path(path)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(value, indent=2) + "\n")
    temporary.replace(path)
