"""The command line that the makers of golden files share."""

import sys

import torch


def run(cases, make):
    """Makes the cases that the command line names, or all, on one thread and without gradients."""
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    unknown = set(sys.argv[1:]) - set(cases)
    if unknown:
        sys.exit(f"unknown case {', '.join(sorted(unknown))}; cases: {', '.join(cases)}")
    for name in sys.argv[1:] or cases:
        make(name)
