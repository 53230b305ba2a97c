"""Simulated problems: splits of the annotated set into a smaller one and a simulated pool (Algorithm 1)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Interval, MinLen
from jaxtyping import Bool, Int

from npal_cli.errors import DataError

Fraction = Annotated[float, Interval(gt=0, lt=1)]


@dataclass(frozen=True)
class SimulateOptions:
    """How problems are simulated; the defaults are the paper's (section 5)."""

    problems: Annotated[int, Ge(1)] = 300
    """N_sim, the number of simulated problems per run."""
    fractions: Annotated[tuple[Fraction, ...], MinLen(1)] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    """Q, the fractions of the annotated set that may stay annotated."""


@dataclass(frozen=True)
class SimulatedProblems:
    """Splits of one annotated set of ``point`` points."""

    annotated: Bool[np.ndarray, "problem point"]
    """True where the point stays annotated, False where it is in the simulated pool."""
    drawn: int
    """How many splits were drawn to get these: the difference had an annotated part that lacked a class."""


def simulate(
    labels: Int[np.ndarray, " point"], options: SimulateOptions, draws: np.random.Generator
) -> SimulatedProblems:
    """Draw ``options.problems`` splits: a fraction q uniform in Q, then ``round(q n)`` points without replacement.

    A split whose annotated part lacks a class that the annotated set has, or leaves no pool, cannot be scored and is
    drawn again.

    Raises:
        DataError: if hardly any split can be scored (fewer than one in a thousand).

    Source: Algorithm 1; ``round`` is Python's (halves to even).
    """
    n = len(labels)
    n_classes = len(np.unique(labels))
    accepted: list[Bool[np.ndarray, " point"]] = []
    drawn = 0
    while len(accepted) < options.problems:
        if drawn >= 1000 * (len(accepted) + 1):
            raise DataError(
                f"hardly any simulated problem keeps all {n_classes} classes of {n} annotated points at the fractions "
                f"{', '.join(map(str, options.fractions))}; use larger fractions (simulate.fractions) or more points"
            )
        size = round(draws.choice(np.asarray(options.fractions)) * n)
        annotated = np.zeros(n, dtype=bool)
        annotated[draws.choice(n, size=size, replace=False)] = True
        drawn += 1
        if size < n and len(np.unique(labels[annotated])) == n_classes:
            accepted.append(annotated)
    return SimulatedProblems(np.stack(accepted), drawn)
