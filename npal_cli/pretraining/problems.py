"""Active-learning problems on drawn tables: of every size, setting, task model and objective that occurs in use."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from jaxtyping import Float, Int

from npal_cli.classifiers import CLASSIFIERS
from npal_cli.learned.trials import Evaluation
from npal_cli.objectives import Objective, class_weights
from npal_cli.pretraining.known import Part
from npal_cli.pretraining.log_uniform import log_integer
from npal_cli.pretraining.prior import Draws, Shares, Table, draw_classes, draw_shares, draw_table
from npal_cli.problems.dataset import Dataset
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run

ANNOTATED = (4, 300)
POOL = (60, 700)
REWARD = (20, 150)
LEAST_POOL = 30
KNOWN = 0.5
"""The share of problems that are of known tables, where there are any."""
FRESH = 1500
"""Points that the truth is known of, at most, in all: as many of each class as there are."""
LEAST_FRESH = 10
"""Of each class."""
IMBALANCE = 10
MOST_ITERATIONS = 20_000
"""Of a fit of the task model, where it says so: more are of problems so nearly singular that a block took an hour."""


@dataclass(frozen=True)
class DrawnProblem:
    """A problem whose test set is fresh points, and what it is about."""

    problem: Problem
    probabilities: Float[np.ndarray, "all_rows class"]
    """Of the classes of each row: the truth that labels are drawn from."""
    shares: Shares
    """The classes' shares where the points of the test set came from, which has more of rare ones."""
    classifier: str
    objective: Objective
    known: bool
    """Whether it is of a known table, whose labels themselves are the truth."""

    @property
    def truth(self) -> Float[np.ndarray, "fresh class"]:
        """The class probabilities of each fresh point, times the share of all points that it stands for.

        Points of a class stand for its share, however many they are: together, for points as they come. Scores over it
        are free of the noise of labels.
        """
        fresh = self.problem.test
        labels = self.problem.labels[fresh]
        counts = np.bincount(labels, minlength=len(self.shares))
        return self.probabilities[fresh] * (self.shares / counts)[labels][:, None]

    @property
    def evaluation(self) -> Evaluation:
        """The fresh points, as fits are scored on them."""
        return Evaluation(self.problem.features[self.problem.test], self.truth)


@dataclass(frozen=True)
class Mix:
    """What problems are drawn from."""

    several: float = 0.3
    """The share of problems of more than two classes."""
    tables: Sequence[Dataset] = ()
    """Whose labels are all known: half of the problems are of them, if there are any."""
    classifiers: Sequence[str] = ("logistic", "svm")


class Origin(Protocol):
    """Where the table of a problem comes from."""

    known: bool
    """Whether it is there, and not drawn."""
    natural: Shares
    """How frequent its classes are as they come."""

    def most(self, shares: Shares) -> int:
        """How many points a problem may have whose classes have these shares."""

    def table(self, draws: Draws, seen: int, shares: Shares) -> Table:
        """A table whose first rows, about ``seen`` of them, have these shares."""


class Invented:
    """A table of the prior."""

    known = False

    def __init__(self, draws: Draws, several: float) -> None:
        self.natural = draw_shares(draws, draw_classes(draws, several))

    def most(self, _: Shares) -> int:
        """As many as there may be."""
        return ANNOTATED[1] + POOL[1] + REWARD[1]

    def table(self, draws: Draws, seen: int, shares: Shares) -> Table:
        """Those and others, all drawn alike."""
        return replace(draw_table(draws, seen + 4 * FRESH, shares), seen=seen)


def draw_problem(draws: Draws, mix: Mix) -> DrawnProblem:
    """A problem of any kind.

    >>> drawn = draw_problem(np.random.default_rng(0), Mix())
    >>> drawn.truth.sum().round(6).tolist()
    1.0
    """
    while True:
        known = len(mix.tables) > 0 and draws.random() < KNOWN
        table = mix.tables[int(draws.integers(len(mix.tables)))] if known else None
        origin = Invented(draws, mix.several) if table is None else Part(draws, table, mix.several)
        found = _draw(draws, origin, mix.classifiers)
        if found is not None and _iterations(found) <= MOST_ITERATIONS:
            return found


def _iterations(drawn: DrawnProblem) -> int:
    """What a fit to the annotated points takes, of task models that say so."""
    kind, seen = CLASSIFIERS.find(drawn.classifier), drawn.problem
    rows = seen.annotated
    fitted = kind.make(kind.Options()).fit(seen.features[rows], seen.labels[rows], seen.training_weights)
    return int(getattr(fitted, "iterations", 0))


def _draw(draws: Draws, origin: Origin, classifiers: Sequence[str]) -> DrawnProblem | None:
    """One try; None if there are too few points of a class or in all, or only one class is annotated."""
    n_classes = len(origin.natural)
    shares, counts_alike, trains_weighted = _setting(draws, origin.natural)
    known = max(log_integer(draws, *ANNOTATED), n_classes)
    reward = 0 if draws.random() < 0.7 else log_integer(draws, *REWARD)
    pool = log_integer(draws, *POOL)
    most = origin.most(shares)
    if most < known + reward + POOL[0]:
        known, reward = min(known, most // 4), 0
    pool = min(pool, most - known - reward)
    if pool < LEAST_POOL or known < n_classes:
        return None
    table = origin.table(draws, known + pool + reward, shares)
    seen = table.seen
    fresh = _even(table.labels, np.arange(seen, len(table.labels)), n_classes)
    if np.bincount(table.labels[fresh], minlength=n_classes).min() < LEAST_FRESH:
        return None
    annotated = _annotated(draws, table.labels[:seen], known)
    if len(np.unique(table.labels[annotated])) < 2:
        return None
    rest = draws.permutation(np.setdiff1d(np.arange(seen), annotated))
    weights = np.ones(n_classes) if counts_alike else class_weights(np.maximum(table.shares, 1e-4))
    problem = Problem(
        run=Run(1, int(draws.integers(2**31))),
        features=table.features,
        labels=table.labels,
        annotated=annotated,
        pool=np.sort(rest[reward:]),
        reward=np.sort(rest[:reward]),
        test=fresh,
        held_out=fresh[:0],
        class_weights=weights,
        training_weights=weights if trains_weighted else np.ones(n_classes),
    )
    classifier = classifiers[int(draws.integers(len(classifiers)))]
    objective = draw_objective(draws, n_classes)
    return DrawnProblem(problem, table.probabilities, table.shares, classifier, objective, origin.known)


def draw_objective(draws: Draws, n_classes: int) -> Objective:
    """Mostly class-weighted accuracy; F1 of rare classes, costs, and those of soft predictions."""
    kind = draws.random()
    if kind < 0.7:
        return Objective()
    if kind < 0.85:
        return Objective("f1")
    if kind < 0.925:
        costs = np.exp(draws.normal(size=(n_classes, n_classes)))
        np.fill_diagonal(costs, 0)
        return Objective("cost", costs=tuple(map(tuple, (costs / costs[costs > 0].mean()).tolist())))
    return Objective(("log_loss", "brier", "soft_accuracy")[draws.integers(3)])


def _setting(draws: Draws, natural: Shares) -> tuple[Shares, bool, bool]:
    """How frequent classes are, whether every point counts alike, and whether fits are weighted by class."""
    kind, n_classes = draws.random(), len(natural)
    if kind < 0.35:
        return natural, kind < 0.25, kind >= 0.25
    if kind < 0.6:
        return np.full(n_classes, 1 / n_classes), False, False
    shares = np.ones(n_classes)
    shares[draws.permutation(n_classes)[: (n_classes + 1) // 2]] = 1 / IMBALANCE
    return shares / shares.sum(), False, kind < 0.8


def _even(labels: Int[np.ndarray, " point"], rows: Int[np.ndarray, " row"], n_classes: int) -> Int[np.ndarray, "_"]:
    """Some of the rows, as many of each class as there are, at most :data:`FRESH` in all."""
    of_class = [rows[labels[rows] == each][: FRESH // n_classes] for each in range(n_classes)]
    return np.concatenate(of_class)


def _annotated(draws: Draws, labels: Int[np.ndarray, " point"], size: int) -> Int[np.ndarray, " annotated"]:
    """Random points; of most classes one at least, as in a stratified draw."""
    order = draws.permutation(len(labels))
    first = np.unique(labels[order], return_index=True)[1]
    first = order[first[draws.random(len(first)) < 0.8]]
    others = order[~np.isin(order, first)]
    return np.concatenate([first, others[: size - len(first)]])
