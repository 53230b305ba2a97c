"""Numbers whose order of magnitude is drawn: as many between 1 and 10 as between 10 and 100."""

import numpy as np


def log_number(draws: np.random.Generator, low: float, high: float) -> float:
    """A number between ``low`` and ``high``."""
    return float(np.exp(draws.uniform(np.log(low), np.log(high))))


def log_integer(draws: np.random.Generator, low: int, high: int) -> int:
    """One of the integers ``low`` to ``high``, both included.

    >>> {log_integer(np.random.default_rng(seed), 1, 3) for seed in range(50)} == {1, 2, 3}
    True
    """
    return int(log_number(draws, low, high + 1))
