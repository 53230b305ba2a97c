"""Simulated problems: splits of the annotated set into a smaller one and a simulated pool (Algorithm 1)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Interval, MinLen
from jaxtyping import Bool, Int

from npal_cli.errors import DataError
from npal_cli.randomness import Run, draw_seed, stream

Fraction = Annotated[float, Interval(gt=0, lt=1)]


@dataclass(frozen=True)
class SimulateOptions:
    """How problems are simulated; the defaults are the paper's (section 5)."""

    problems: Annotated[int, Interval(ge=1, le=1_000_000)] = 300
    """N_sim, the number of simulated problems per run."""
    fractions: Annotated[tuple[Fraction, ...], MinLen(1)] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    """Q, the fractions of the annotated set that may stay annotated."""
    folds: Annotated[int, Interval(ge=2, le=1_000)] = 5
    """Without a reward set: parts of the annotated set that take turns in being it."""


@dataclass(frozen=True)
class SimulatedProblems:
    """Splits of one annotated set of ``point`` points."""

    annotated: Bool[np.ndarray, "problem point"]
    """True where the point stays annotated."""
    reward: Bool[np.ndarray, "problem point"]
    """True where the point is in the simulated problem's reward set; nowhere if there is a reward set."""
    drawn: int
    """How many splits were drawn to get these: the difference had an annotated part that lacked a class."""

    @property
    def pool(self) -> Bool[np.ndarray, "problem point"]:
        """True where the point is in the simulated pool."""
        return ~(self.annotated | self.reward)


def simulate(
    labels: Int[np.ndarray, " point"], options: SimulateOptions, draws: np.random.Generator, *, reward: bool
) -> SimulatedProblems:
    """Draw ``options.problems`` splits: a fraction q uniform in Q, then ``round(q n)`` points without replacement.

    Where there is no ``reward`` set, stratified folds of the annotated set take turns in being it, and what is split is
    the rest: cross-validation, so that no label is set aside.

    A split whose annotated part lacks a class that the annotated set has, or leaves no pool, cannot be scored and is
    drawn again.

    Raises:
        DataError: if hardly any split can be scored (fewer than one in a thousand), or a class has fewer points than
            there are folds.

    Source: Algorithm 1; ``round`` is Python's (halves to even).
    """
    n, n_classes = len(labels), len(np.unique(labels))
    folds = [np.empty(0, dtype=np.int64)] if reward else _folds(labels, options.folds, draws)
    accepted: list[Bool[np.ndarray, " point"]] = []
    rewards: list[Bool[np.ndarray, " point"]] = []
    drawn = 0
    while len(accepted) < options.problems:
        if drawn >= 1000 * (len(accepted) + 1):
            raise DataError(
                f"hardly any simulated problem keeps all {n_classes} classes of {n} annotated points at the fractions "
                f"{', '.join(map(str, options.fractions))}; use larger fractions or more points"
            )
        fold = folds[len(accepted) % len(folds)]
        rest = np.delete(np.arange(n), fold)
        size = round(draws.choice(np.asarray(options.fractions)) * len(rest))
        annotated = _mask(n, rest[draws.choice(len(rest), size=size, replace=False)])
        drawn += 1
        if size < len(rest) and len(np.unique(labels[annotated])) == n_classes:
            accepted.append(annotated)
            rewards.append(_mask(n, fold))
    return SimulatedProblems(np.stack(accepted), np.stack(rewards), drawn)


def _folds(labels: Int[np.ndarray, " point"], count: int, draws: np.random.Generator) -> list[np.ndarray]:
    from sklearn.model_selection import StratifiedKFold

    rarest = int(np.unique(labels, return_counts=True)[1].min())
    if rarest < count:
        raise DataError(
            f"without a reward set, {count} folds of the annotated set take turns in being it, and a class has only "
            f"{rarest} annotated points; set folds in params.yaml (of simulate, or of strategies.np_plus.simulate) to "
            f"{rarest} or less, label more, or set prepare.reward"
        )
    split = StratifiedKFold(count, shuffle=True, random_state=draw_seed(draws))
    return [fold for _, fold in split.split(np.zeros(len(labels)), labels)]


def _mask(size: int, where: Int[np.ndarray, " _"]) -> Bool[np.ndarray, " point"]:
    mask = np.zeros(size, dtype=bool)
    mask[where] = True
    return mask


def simulation_stream(run: Run, step: int) -> np.random.Generator:
    """The stream that simulated problems before ``step`` are drawn from."""
    return stream("simulate", *run, step)
