"""What a strategy sees, and the one thing it does: choose pool points to label."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float, Int, Shaped

from npal_cli.classifiers import Classifier, FittedClassifier
from npal_cli.classifiers.base import Ability
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run

Sight = Literal["known", "pool_labels", "test_set"]

Variant = Literal["method", "reference"]
"""``method``: as its publication defines it; ``reference``: as the paper's published code computes it."""


@dataclass(frozen=True)
class AcquisitionState:
    """What is known before an acquisition step of one run. Pool labels and the test set are not.

    ``truth`` carries them to the two strategies that declare to see them (:attr:`Strategy.sees`); it is None for all
    others.
    """

    run: Run
    step: int
    """1, 2, ..."""
    annotated_features: Shaped[np.ndarray, "annotated *feature"]
    annotated_labels: Int[np.ndarray, " annotated"]
    reward_features: Shaped[np.ndarray, "reward *feature"]
    reward_labels: Int[np.ndarray, " reward"]
    pool_features: Shaped[np.ndarray, "pool *feature"]
    """Of the points that may be chosen: the pool, or what is left of it after subsampling."""
    class_weights: Float[np.ndarray, " class"]
    training_weights: Float[np.ndarray, " class"]
    classifier: FittedClassifier
    """The task model fitted to the annotated set."""
    random: np.random.Generator
    """The run's own stream for this step."""
    truth: Problem | None = None

    @property
    def labelled(self) -> tuple[Shaped[np.ndarray, "labelled *feature"], Int[np.ndarray, " labelled"]]:
        """Features and labels of all points whose label is known: the annotated and the reward set."""
        features = np.concatenate([self.annotated_features, self.reward_features])
        return features, np.concatenate([self.annotated_labels, self.reward_labels])

    def annotate(self, position: int, label: int, classifier: Classifier) -> "AcquisitionState":
        """The state with one pool point labelled, as if that were its label, and ``classifier`` fitted to that."""
        features = np.concatenate([self.annotated_features, self.pool_features[[position]]])
        labels = np.append(self.annotated_labels, label)
        return replace(
            self,
            annotated_features=features,
            annotated_labels=labels,
            pool_features=np.delete(self.pool_features, position, axis=0),
            classifier=classifier.fit(features, labels, self.training_weights),
        )

    @property
    def known(self) -> Problem:
        """The same knowledge as a problem of its own: annotated, pool and reward points; no test set, no pool labels.

        Pool labels are -1, so that a use of them cannot go unnoticed.
        """
        sizes = [len(self.annotated_labels), len(self.pool_features), len(self.reward_labels)]
        annotated, pool, reward = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
        return Problem(
            run=self.run,
            features=np.concatenate([self.annotated_features, self.pool_features, self.reward_features]),
            labels=np.concatenate([self.annotated_labels, np.full(sizes[1], -1), self.reward_labels]),
            annotated=annotated,
            pool=pool,
            reward=reward,
            test=np.empty(0, dtype=np.int64),
            held_out=np.empty(0, dtype=np.int64),
            class_weights=self.class_weights,
            training_weights=self.training_weights,
        )


@dataclass(frozen=True)
class Prediction:
    """The improvement that a strategy predicts for each pool point, and how unsure it is."""

    mean: Float[np.ndarray, " pool"]
    sigma: Float[np.ndarray, " pool"]


@dataclass(frozen=True)
class Choice:
    """What a strategy chose in one run."""

    chosen: Int[np.ndarray, " batch"]
    """Positions in the pool, in order of choice, no point twice."""
    scores: Float[np.ndarray, " pool"]
    """How much the strategy wanted each pool point when it chose the first: the larger the better."""
    loss: Float[np.ndarray, " epoch"] | None = None
    """The loss curve of what was trained to choose, if anything was."""
    prediction: Prediction | None = None
    """What it predicts, if it predicts improvements."""


class Strategy(ABC):
    """Chooses pool points, for all runs of an experiment at once."""

    name: ClassVar[str]
    """On the command line and in file names."""
    label: ClassVar[str]
    """In tables and figures: the paper's name."""
    needs: ClassVar[frozenset[Ability]] = frozenset()
    """What the classifier must be able to do."""
    sees: ClassVar[Sight] = "known"
    """Whether it looks at what is not known: the pool's labels, or the test set too. Bounds and controls only."""
    needs_reward: ClassVar[bool] = False
    """Whether it scores on the reward set, whose labels can then not be spent on training."""
    max_classes: ClassVar[int | None] = None
    """The largest number of classes it is defined for, if there is one."""
    subsamples: ClassVar[bool] = False
    """Whether it chooses from a random part of the pool, as its publication does (Caramalau et al., 2021; B.1)."""

    def task_model(self, classifier: Classifier) -> Classifier:
        """The task model to fit when this strategy chooses: ``classifier``, unless the two are trained together."""
        return classifier

    @abstractmethod
    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Choose ``batch_size`` pool points in each run.

        Needs ``batch_size`` to be at most the size of each pool.
        """


class ScoringStrategy(Strategy):
    """A strategy that scores every pool point by itself and takes the best."""

    @abstractmethod
    def scores(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """A score for each pool point: the larger the better."""

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """The ``batch_size`` points with the largest scores, ties broken at random."""
        scores = [self.scores(state) for state in states]
        return [Choice(top(s, batch_size, state.random), s) for s, state in zip(scores, states, strict=True)]


def others_as_worst(values: Float[np.ndarray, " pool"]) -> Float[np.ndarray, " pool"]:
    """Scores of all pool points, where those that are NaN, for they were not tried, are no better than any other.

    >>> others_as_worst(np.array([1.0, 3.0, np.nan])).tolist()
    [1.0, 3.0, 1.0]
    """
    return np.where(np.isnan(values), np.nanmin(values), values)


def best(scores: Float[np.ndarray, " pool"], order: Int[np.ndarray, " pool"]) -> int:
    """The position of the largest score; of equal ones, of that which comes first in ``order``.

    Picks one after another in O(pool) each, where ``order`` is a random permutation that is drawn once.

    >>> best(np.array([2.0, 0.0, 2.0]), np.array([1, 2, 0]))
    2
    """
    return int(order[scores[order].argmax()])


def top(scores: Float[np.ndarray, " pool"], size: int, random: np.random.Generator) -> Int[np.ndarray, " size"]:
    """Positions of the ``size`` largest scores, largest first, ties in random order.

    >>> top(np.array([0.0, 2.0, 1.0]), 2, np.random.default_rng(0)).tolist()
    [1, 2]
    """
    order = random.permutation(len(scores))
    return order[np.argsort(-scores[order], kind="stable")[:size]]
