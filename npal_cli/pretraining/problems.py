"""Active-learning problems on drawn tables: of every size, setting, task model and objective that occurs in use."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from npal_cli.learned.trials import Evaluation
from npal_cli.objectives import Objective, class_weights
from npal_cli.pretraining.log_uniform import log_integer
from npal_cli.pretraining.prior import Draws, Shares, draw_classes, draw_shares, draw_table
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run

ANNOTATED = (4, 300)
POOL = (60, 700)
REWARD = (20, 150)
FRESH = 1500
"""Points that the truth is known of, at most, in all: as many of each class as there are."""
LEAST_FRESH = 10
"""Of each class."""
IMBALANCE = 10
CLASSIFIERS = ("logistic", "svm")


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


def draw_problem(draws: Draws, several: float = 0.3) -> DrawnProblem:
    """A problem, of more than two classes with probability ``several``.

    >>> drawn = draw_problem(np.random.default_rng(0))
    >>> drawn.truth.sum().round(6).tolist()
    1.0
    """
    while True:
        found = _draw(draws, several)
        if found is not None:
            return found


def _draw(draws: Draws, several: float) -> DrawnProblem | None:
    """One try; None if a class has too few points to know the truth of it, or only one class is annotated."""
    n_classes = draw_classes(draws, several)
    shares, counts_alike, trains_weighted = _setting(draws, n_classes)
    known = max(log_integer(draws, *ANNOTATED), n_classes)
    reward = 0 if draws.random() < 0.7 else log_integer(draws, *REWARD)
    seen = known + log_integer(draws, *POOL) + reward
    table = draw_table(draws, seen + 4 * FRESH, shares)
    fresh = _even(table.labels, np.arange(seen, len(table.labels)), n_classes)
    if np.bincount(table.labels[fresh], minlength=n_classes).min() < LEAST_FRESH:
        return None
    found = np.bincount(table.labels[seen:], minlength=n_classes)
    annotated = _annotated(draws, table.labels[:seen], known)
    if len(np.unique(table.labels[annotated])) < 2:
        return None
    rest = draws.permutation(np.setdiff1d(np.arange(seen), annotated))
    weights = np.ones(n_classes) if counts_alike else class_weights(found)
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
    classifier = CLASSIFIERS[draws.integers(len(CLASSIFIERS))]
    return DrawnProblem(problem, table.probabilities, found / found.sum(), classifier, draw_objective(draws, n_classes))


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


def _setting(draws: Draws, n_classes: int) -> tuple[Shares, bool, bool]:
    """How frequent classes are, whether every point counts alike, and whether fits are weighted by class."""
    kind = draws.random()
    if kind < 0.35:
        return draw_shares(draws, n_classes), kind < 0.25, kind >= 0.25
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
