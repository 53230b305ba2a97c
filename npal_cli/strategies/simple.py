"""Strategies that look at the classifier's output alone, or at nothing."""

from typing import final

import numpy as np
from jaxtyping import Float

from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import ScoringStrategy
from npal_cli.strategies.looks import Look
from npal_cli.strategies.parameters import Parameters


@final
class Random(ScoringStrategy):
    """Uniformly random acquisition: no active learning."""

    name = "random"
    label = "Random"
    order = 30
    look = Look("#1E4B5A", "#C3C396", "circle", "dashed")

    @classmethod
    def ranks(cls, given: Parameters) -> bool:  # noqa: ARG003
        """Spread, it would not be uniform any more."""
        return False

    def scores(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """A uniform draw for each point."""
        return state.random.uniform(size=len(state.pool_features))


@final
class Entropy(ScoringStrategy):
    """Maximal entropy ``-sum_c p_c log p_c`` of the predicted class (Settles, 2009, section 3.1)."""

    name = "entropy"
    label = "Entropy"
    order = 11
    look = Look("#003C69", "#A5C3FF", "circle", "dotted")
    needs = frozenset(("probabilities",))

    def scores(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """The entropy, in nats."""
        from scipy.special import entr

        return np.asarray(entr(state.classifier.probabilities(state.pool_features)).sum(axis=1))


@final
class Margin(ScoringStrategy):
    """Minimal difference between the two largest class probabilities (Scheffer et al., 2001)."""

    name = "margin"
    label = "Margin"
    order = 12
    look = Look("#1E96D2", "#4BA5D2", "triangle-up", "solid")
    needs = frozenset(("probabilities",))

    def scores(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """Minus the margin."""
        return -margins(state)


@final
class LeastConfident(ScoringStrategy):
    """Minimal probability of the most likely class (Lewis and Gale, 1994)."""

    name = "lstconf"
    label = "LstConf"
    order = 13
    look = Look("#1E6987", "#B4E1FF", "triangle-down", "dotted")
    needs = frozenset(("probabilities",))

    def scores(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """Minus the largest probability."""
        return -state.classifier.probabilities(state.pool_features).max(axis=1)


@final
class UncertaintySampling(ScoringStrategy):
    """Entropy, Margin and LstConf of two classes, where the three choose the same point (section 4)."""

    name = "uncsamp"
    label = "UncSamp"
    order = 10
    look = Look("#0087E1", "#3C78A5", "square", "solid")
    needs = frozenset(("probabilities",))
    max_classes = 2

    def scores(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """Minus the margin."""
        return -margins(state)


@final
class FScore(ScoringStrategy):
    """Minimal distance to the decision boundary: the nearest boundary of the predicted class, of many classes.

    Source: Ertekin et al. (2007); supplement B.2, which leaves open what is near among many classes.
    """

    name = "fscore"
    label = "FScore"
    order = 14
    look = Look("#0069A5", "#4BB4FF", "square", "dotted")
    needs = frozenset(("boundaries",))

    def scores(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """Minus the distance, in decision value."""
        return -state.classifier.boundary_distances(state.pool_features)


def margins(state: AcquisitionState) -> Float[np.ndarray, " pool"]:
    """The difference between the two largest class probabilities of each pool point."""
    ordered = np.sort(state.classifier.probabilities(state.pool_features), axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])
