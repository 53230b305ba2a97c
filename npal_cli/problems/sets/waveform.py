"""The waveform generator of Breiman et al. (1984), which made the UCI file: the data set that needs no download."""

import numpy as np
from jaxtyping import Float, Int

from npal_cli.randomness import stream

UCI_CLASS_COUNTS = (1657, 1647, 1696)
"""Points of class 0, 1 and 2 in the UCI file."""

FEATURES = 21


def base_waves() -> Float[np.ndarray, "wave feature"]:
    """The three triangular waves, of height 6, that peak at features 7, 15 and 11 (counted from 1).

    >>> base_waves().argmax(axis=1).tolist(), base_waves().max(axis=1).tolist()
    ([6, 14, 10], [6.0, 6.0, 6.0])
    """
    peaks = np.array([7, 15, 11])
    return np.maximum(6.0 - np.abs(np.arange(1, FEATURES + 1) - peaks[:, None]), 0.0)


def generate_waveform(
    counts: tuple[int, int, int] = UCI_CLASS_COUNTS,
) -> tuple[Float[np.ndarray, "row feature"], Int[np.ndarray, " row"]]:
    """Draw points ``u a + (1 - u) b + noise`` with u uniform in [0, 1], unit Gaussian noise, rounded to two decimals.

    The waves (a, b) are (1, 2) for class 0, (1, 3) for class 1 and (2, 3) for class 2.

    Source: Breiman, Friedman, Olshen, Stone, *Classification and Regression Trees* (1984), section 2.6.1. The classes
    are numbered as in the UCI file.
    """
    draws = stream("waveform")
    waves = base_waves()
    labels = draws.permutation(np.repeat(np.arange(3), counts))
    first, second = waves[[0, 0, 1]][labels], waves[[1, 2, 2]][labels]
    mix = draws.uniform(size=(len(labels), 1))
    noise = draws.standard_normal((len(labels), FEATURES))
    return np.round(mix * first + (1 - mix) * second + noise, 2), labels
