"""Confidence sequences: intervals that may be looked at after every label, and acted upon.

An ordinary interval holds the truth as often as it says if it is looked at once, at a number of rows that was fixed
before. Here the number of rows is whatever it is when somebody looks, and stops because of what they see. A confidence
sequence holds the truth at *all* numbers of rows at once with that probability, at the price of being wider.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.special import betaln, xlog1py, xlogy

LEVEL = 0.9
"""That all intervals of a sequence hold the truth; each alone does so more than 99 times in 100."""
TIGHTEST_AT = 50
"""Rows at which the sequence for a mean is tightest."""


def proportion_interval(hits: int, rows: int, level: float = LEVEL) -> tuple[float, float]:
    """Of a proportion, exact at every number of rows.

    It holds those p under which the likelihood, averaged over Jeffreys' prior, is less than 1 / (1 - level) times that
    of p: for the true p that ratio is a martingale with mean 1 (Ville's inequality; Robbins, 1970).

    >>> [round(end, 3) for end in proportion_interval(45, 50)]
    [0.729, 0.981]
    >>> proportion_interval(0, 0)
    (0.0, 1.0)
    """
    average = betaln(hits + 0.5, rows - hits + 0.5) - betaln(0.5, 0.5)

    def excess(p: float) -> float:
        return float(average - xlogy(hits, p) - xlog1py(rows - hits, -p) + np.log(1 - level))

    best = hits / rows if rows else 0.5
    low = brentq(excess, 1e-12, best) if hits and excess(1e-12) > 0 else 0.0
    high = brentq(excess, best, 1 - 1e-12) if hits < rows and excess(1 - 1e-12) > 0 else 1.0
    return float(low), float(high)


def mean_interval(mean: float, deviation: float, rows: int, level: float = LEVEL) -> tuple[float, float]:
    """Of a mean, or whatever behaves like one, in the limit of many rows.

    The asymptotic confidence sequence of Waudby-Smith et al. (2024, equation 3), tightest at :data:`TIGHTEST_AT` rows;
    ``deviation`` is that of one row's part.

    >>> [round(end, 3) for end in mean_interval(0.5, 0.5, 100)]
    [0.36, 0.64]
    """
    if rows == 0:
        return -np.inf, np.inf
    alpha = 1 - level
    rho = np.sqrt((-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / TIGHTEST_AT)
    spread = rows * rho**2 + 1
    half = deviation * np.sqrt(2 * spread / (rows * rho) ** 2 * np.log(np.sqrt(spread) / alpha))
    return float(mean - half), float(mean + half)


def jackknife(score: Callable[[Float[np.ndarray, " row"]], float], rows: int) -> float:
    """The deviation of one row's part in a score, from the scores without each row in turn.

    ``score`` gives it for rows that are marked by True. Of a mean it is the deviation of the values:

    >>> values = np.array([1.0, 0.0, 1.0, 1.0])
    >>> bool(np.isclose(jackknife(lambda kept: values[kept].mean(), 4), values.std(ddof=1)))
    True
    """
    if rows < 2:
        return np.inf
    without = np.array([score(np.arange(rows) != row) for row in range(rows)])
    return float((rows - 1) * without.std(ddof=1))
