"""Active-learning problems: who is annotated, in the pool, in the reward set, in the test set (section 4, B.2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Float, Int
from sklearn.model_selection import train_test_split

from npal_cli.errors import DataError
from npal_cli.objectives import Setting, class_weights, is_imbalanced, trains_weighted
from npal_cli.problems.datasets import Dataset
from npal_cli.randomness import Run, draw_seed, stream

Rows = Int[np.ndarray, "_"]
"""Rows of the data set, any number of them."""


MIN_DISCARDED = 200
"""Discarded points of a class from which on they, and not the pool's, are the held-out points of the class."""


@dataclass(frozen=True)
class PrepareOptions:
    """How problems are made from a data set; the defaults are the paper's."""

    test: Annotated[int, Ge(2)] = 200
    """Points in the test set."""
    reward: Annotated[int, Ge(2)] = 100
    """Points in the reward set."""
    annotated: Annotated[int, Ge(4)] = 100
    """Points in the initial annotated set."""
    imbalance: Annotated[int, Ge(2)] = 10
    """How many times rarer the rare classes are in imbalanced settings."""
    rare_class: Literal["first", "last"] = "first"
    """Which classes are rare: the even-numbered (``first``: class 0 of two) or the odd-numbered (``last``)."""
    standardise: Literal["overall", "per_feature"] = "overall"
    """One mean and one deviation over all entries (the published code's), or one of each per feature."""


@dataclass(frozen=True)
class Problem:
    """One run's problem; index arrays point into the rows of ``features`` and ``labels``.

    Class weights score a classifier; ``training_weights`` are what its fit uses (ones unless imbalanced_weighted).
    """

    run: Run
    features: Float[np.ndarray, "all_rows feature"] = field(repr=False)
    labels: Int[np.ndarray, " all_rows"] = field(repr=False)
    annotated: Int[np.ndarray, " annotated"]
    pool: Int[np.ndarray, " pool"]
    reward: Int[np.ndarray, " reward"]
    test: Int[np.ndarray, " test"]
    discarded: Int[np.ndarray, " discarded"]
    class_weights: Float[np.ndarray, " class"]
    training_weights: Float[np.ndarray, " class"]

    @property
    def n_classes(self) -> int:
        """The number of classes."""
        return len(self.class_weights)

    @property
    def held_out(self) -> Rows:
        """Rows that no strategy is scored on when it chooses, a second test set (sorted).

        Class by class, the points that balancing or imbalancing discarded where these are :data:`MIN_DISCARDED` or
        more, else the class's points in the pool.
        """
        counts = np.bincount(self.labels[self.discarded], minlength=self.n_classes)
        enough = counts >= MIN_DISCARDED
        parts = self.discarded[enough[self.labels[self.discarded]]], self.pool[~enough[self.labels[self.pool]]]
        return np.sort(np.concatenate(parts))

    def annotate(self, rows: Rows) -> "Problem":
        """The problem after the pool points ``rows`` were labelled, in that order."""
        if not np.isin(rows, self.pool).all() or len(np.unique(rows)) < len(rows):
            raise ValueError("only distinct pool points can be annotated")
        return replace(
            self,
            annotated=np.concatenate([self.annotated, rows]),
            pool=self.pool[~np.isin(self.pool, rows)],
        )

    def train_on_reward(self) -> "Problem":
        """The problem with the reward set's labels spent on training: a control, for which no reward set is left."""
        annotated = np.concatenate([self.annotated, self.reward])
        return replace(self, annotated=annotated, reward=self.reward[:0])

    def without_test(self) -> "Problem":
        """The same annotated set, pool and reward set; all else that could be evaluated on is gone, labels too."""
        known = np.full_like(self.labels, -1)
        for rows in (self.annotated, self.pool, self.reward):
            known[rows] = self.labels[rows]
        return replace(self, labels=known, test=self.test[:0], discarded=self.discarded[:0])


@dataclass(frozen=True)
class Split:
    """The rows of one run; all but ``annotated`` are sorted."""

    annotated: Rows
    pool: Rows
    reward: Rows
    test: Rows
    discarded: Rows
    """What balancing or imbalancing took out."""


def standardise(
    features: Float[np.ndarray, "row feature"], how: Literal["overall", "per_feature"]
) -> Float[np.ndarray, "row feature"]:
    """Features with mean 0 and deviation 1 (ddof = 0), over all entries or within each feature.

    All rows take part, as in the published code: features are known for every point before any label is. A constant
    feature becomes 0.
    """
    axis = None if how == "overall" else 0
    constant = np.ptp(features, axis=axis, keepdims=True) == 0
    deviation = np.where(constant, 1.0, features.std(axis=axis, keepdims=True))
    return np.where(constant, 0.0, (features - features.mean(axis=axis, keepdims=True)) / deviation)


def rare_classes(n_classes: int, rare_class: Literal["first", "last"]) -> Int[np.ndarray, " rare"]:
    """The classes that imbalanced settings undersample.

    >>> rare_classes(2, "first").tolist(), rare_classes(10, "last").tolist()
    ([0], [1, 3, 5, 7, 9])
    """
    return np.arange(0 if rare_class == "first" else 1, n_classes, 2)


def kept_counts(
    labels: Int[np.ndarray, " row"], n_classes: int, setting: Setting, options: PrepareOptions
) -> Int[np.ndarray, " class"]:
    """How many points of each class stay: as many as the smallest class has, a tenth of that for rare classes.

    >>> labels = np.repeat([0, 1], [3353, 1647])
    >>> kept_counts(labels, 2, "imbalanced", PrepareOptions()).tolist()
    [164, 1647]
    """
    counts = np.full(n_classes, np.bincount(labels, minlength=n_classes).min())
    if is_imbalanced(setting):
        counts[rare_classes(n_classes, options.rare_class)] //= options.imbalance
    return counts


def split(data: Dataset, setting: Setting, run: Run, options: PrepareOptions) -> Split:
    """Subsample the classes, then split off test, reward and annotated points, stratified by class.

    The data seed alone decides what is discarded, tested on and rewarded on; the seed draws the annotated set from
    the rest. Both imbalanced settings have the same splits.

    Raises:
        DataError: if there are too few points for the split that was asked for.
    """
    counts = kept_counts(data.labels, len(data.classes), setting, options)
    _check_sizes(data, setting, counts, options)
    chosen = stream("subsample", run.data_seed)
    kept = np.sort(
        np.concatenate(
            [chosen.choice(np.flatnonzero(data.labels == c), size=n, replace=False) for c, n in enumerate(counts)]
        )
    )
    rest, test = _stratified(kept, data.labels, options.test, stream("test set", run.data_seed))
    rest, reward = _stratified(rest, data.labels, options.reward, stream("reward set", run.data_seed))
    pool, annotated = _stratified(rest, data.labels, options.annotated, stream("annotated set", *run))
    return Split(
        annotated=annotated,
        pool=np.sort(pool),
        reward=np.sort(reward),
        test=np.sort(test),
        discarded=np.setdiff1d(np.arange(len(data.labels)), kept),
    )


def weights_of(
    counts: Int[np.ndarray, " class"], setting: Setting
) -> tuple[Float[np.ndarray, " class"], Float[np.ndarray, " class"]]:
    """Class weights for scoring and for training, from the class sizes that the setting fixes."""
    scoring = class_weights(counts)
    return scoring, scoring if trains_weighted(setting) else np.ones(len(counts))


def _stratified(rows: Rows, labels: Int[np.ndarray, " all"], size: int, draws: np.random.Generator) -> Sequence[Rows]:
    try:
        rest, taken = train_test_split(rows, test_size=size, stratify=labels[rows], random_state=draw_seed(draws))
    except ValueError as error:
        raise DataError(
            f"{len(rows)} points cannot be split into {size} and the rest with every class in both ({error}); "
            "ask for smaller sets in params.yaml (prepare) or take more data"
        ) from error
    return rest, taken


def _check_sizes(data: Dataset, setting: Setting, counts: Int[np.ndarray, " class"], options: PrepareOptions) -> None:
    asked = options.test + options.reward + options.annotated
    if counts.sum() <= asked:
        raise DataError(
            f"{data.name}, {setting}: {counts.sum()} points are left after balancing the classes, but "
            f"{options.test} test + {options.reward} reward + {options.annotated} annotated points and a pool "
            "were asked for; ask for fewer in params.yaml (prepare) or take more data"
        )
    smallest = min(options.test, options.reward, options.annotated) * counts.min() / counts.sum()
    if smallest < 1:
        raise DataError(
            f"{data.name}, {setting}: class {data.classes[int(counts.argmin())]!r} keeps {counts.min()} of "
            f"{counts.sum()} points, less than one for each of the test, reward and annotated sets; "
            "ask for larger sets in params.yaml (prepare) or a smaller imbalance"
        )
