"""Exponentials that compilers can do several of at once."""

import numpy as np

from npal_cli.kernels import arithmetic_kernel

FARTHEST = 33.0


@arithmetic_kernel
def exponential(x: np.ndarray, out: np.ndarray) -> None:
    """``exp(x)`` for flat x within :data:`FARTHEST` of zero (others as if they were), to 1e-13 relatively."""
    for i in range(x.size):
        r = min(max(x[i], -FARTHEST), FARTHEST) * (1.0 / 64.0)
        # the Taylor polynomial of degree 12, then squared six times
        p = 1.0 + r * (1 / 10 + r * (1 / 110 + r * (1 / 1320)))
        p = 1.0 + r * (1 / 6 + r * (1 / 42 + r * (1 / 336 + r * (1 / 3024 * p))))
        p = 1.0 + r * (1.0 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 * p)))))
        p *= p
        p *= p
        p *= p
        p *= p
        p *= p
        out[i] = p * p
