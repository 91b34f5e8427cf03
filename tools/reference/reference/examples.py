"""Directions from examples: the mean difference between trajectories with and without an attribute."""


def mean_difference(h_positive, h_negative):
    """Δh (T, c, h, w) from h_positive, h_negative (N, T, c, h, w)."""
    return (h_positive - h_negative).mean(0)


def extremes(scores, n):
    """Indices of the n highest and the n lowest scores (N), the pairs of the annotation method."""
    order = scores.argsort(descending=True)
    return order[:n], order[-n:].flip(0)
