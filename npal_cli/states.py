"""What is known before an acquisition step, as a strategy sees it."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from npal_cli.classifiers.base import Classifier, FittedClassifier
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run


@dataclass(frozen=True)
class AcquisitionState:
    """What a strategy knows before an acquisition step of one run."""

    problem: Problem
    """As the strategy sees it: labels that it may not know are hidden (``Strategy.sees``)."""
    step: int
    """1, 2, ..."""
    classifier: FittedClassifier
    """The task model fitted to the annotated set."""
    random: np.random.Generator
    """The run's own stream for this step."""
    candidates: Bool[np.ndarray, " pool"] | None = None
    """Which pool points may be chosen; None for all. Scores do not depend on it."""

    @property
    def run(self) -> Run:
        """The run."""
        return self.problem.run

    @property
    def class_weights(self) -> Float[np.ndarray, " class"]:
        """What each class weighs in the score."""
        return self.problem.class_weights

    @property
    def training_weights(self) -> Float[np.ndarray, " class"]:
        """What each class weighs in a fit."""
        return self.problem.training_weights

    @cached_property
    def annotated_features(self) -> Shaped[np.ndarray, "annotated *feature"]:
        """Of the annotated points."""
        return self.problem.features[self.problem.annotated]

    @property
    def annotated_labels(self) -> Int[np.ndarray, " annotated"]:
        """Of the annotated points, in the order in which they were."""
        return self.problem.labels[self.problem.annotated]

    @cached_property
    def reward_features(self) -> Shaped[np.ndarray, "reward *feature"]:
        """Of the reward set; of no point for a strategy that does not see its labels."""
        return self.problem.features[self.problem.reward]

    @property
    def reward_labels(self) -> Int[np.ndarray, " reward"]:
        """Of the reward set."""
        return self.problem.labels[self.problem.reward]

    @cached_property
    def pool_features(self) -> Shaped[np.ndarray, "pool *feature"]:
        """Of the points that may be chosen: the pool, or what is left of it after subsampling."""
        return self.problem.features[self.problem.pool]

    @property
    def labelled(self) -> tuple[Shaped[np.ndarray, "labelled *feature"], Int[np.ndarray, " labelled"]]:
        """Features and labels of all points whose label is known: the annotated and the reward set."""
        features = np.concatenate([self.annotated_features, self.reward_features])
        return features, np.concatenate([self.annotated_labels, self.reward_labels])

    def annotate(self, position: int, label: int, classifier: Classifier) -> "AcquisitionState":
        """The state with one pool point labelled, as if that were its label, and ``classifier`` fitted to that."""
        problem = self.problem.assume(int(self.problem.pool[position]), label)
        rows = problem.annotated
        fitted = classifier.fit(problem.features[rows], problem.labels[rows], problem.training_weights)
        left = np.delete(self.candidates, position) if self.candidates is not None else None
        return replace(self, problem=problem, classifier=fitted, candidates=left)

    def choosable(self, scores: Float[np.ndarray, " pool"]) -> Float[np.ndarray, " pool"]:
        """The scores, minus infinity where a point may not be chosen."""
        return scores if self.candidates is None else np.where(self.candidates, scores, -np.inf)

    def best(self, scores: Float[np.ndarray, " pool"], size: int) -> Int[np.ndarray, " size"]:
        """Positions of the ``size`` largest scores among the candidates, largest first, ties in random order."""
        return top_k(self.choosable(scores), size, self.random)


@dataclass(frozen=True)
class Prediction:
    """The improvement that a strategy predicts for each pool point, and how unsure it is."""

    mean: Float[np.ndarray, " pool"]
    sigma: Float[np.ndarray, " pool"]


def top_k(scores: Float[np.ndarray, " pool"], size: int, random: np.random.Generator) -> Int[np.ndarray, " size"]:
    """Positions of the ``size`` largest scores, largest first, ties in random order.

    >>> top_k(np.array([0.0, 2.0, 1.0]), 2, np.random.default_rng(0)).tolist()
    [1, 2]
    """
    order = random.permutation(len(scores))
    return order[np.argsort(-scores[order], kind="stable")[:size]]
