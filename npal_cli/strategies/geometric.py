"""Strategies that look at distances between points."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, final

import numpy as np
from jaxtyping import Float
from sklearn.metrics import pairwise_distances, pairwise_distances_argmin_min
from sklearn.metrics.pairwise import rbf_kernel

from npal_cli.strategies.base import AcquisitionState, Choice, Strategy, Variant, top
from npal_cli.strategies.simple import margins


@final
class KCenterGreedy(Strategy):
    """The point farthest from its nearest annotated or already chosen point, again and again.

    The greedy 2-approximation of the k-centre problem: Sener and Savarese (2018), algorithm 1; on the input features
    (supplement B.2). Each further pick costs one distance per pool point.
    """

    name = "kcgrdy"
    label = "KCGrdy"

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Choose greedily in each run."""
        return [self._choose(state, batch_size) for state in states]

    def _choose(self, state: AcquisitionState, batch_size: int) -> Choice:
        pool = state.pool_features
        distances = np.asarray(pairwise_distances_argmin_min(pool, state.annotated_features)[1])
        scores = distances.copy()
        chosen: list[int] = []
        for _ in range(batch_size):
            pick = int(top(distances, 1, state.random)[0])
            chosen.append(pick)
            distances = np.minimum(distances, pairwise_distances(pool, pool[[pick]])[:, 0])
            distances[chosen] = -np.inf
        return Choice(np.array(chosen), scores)


class HybridActiveLearning(Strategy):
    """With probability 1/2 exploit, else explore, for each pick anew.

    Exploiting takes the smallest margin. Exploring takes a uniformly random point (HALUni), or the point in the
    sparsest region, where the sum over annotated points of ``exp(-|x - x_i|^2 / delta)`` is smallest (HALGau), with
    delta = 10 (supplement B.1).

    The variant ``reference`` exploits the *largest* margin and explores the *densest* region, as the published code
    does.

    Source: Kazerouni et al. (2020), *Active learning for skewed data sets*.
    """

    needs = frozenset(("probabilities",))

    EXPLORATION: ClassVar[float] = 0.5
    DELTA: ClassVar[float] = 10.0

    def __init__(self, variant: Variant = "method") -> None:
        self._sign = 1.0 if variant == "method" else -1.0

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Toss a coin for each pick of each run."""
        return [self._choose(state, batch_size) for state in states]

    @abstractmethod
    def exploration(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """How unexplored the surroundings of each pool point are."""

    def _choose(self, state: AcquisitionState, batch_size: int) -> Choice:
        exploitation = -self._sign * margins(state)
        exploration = self._sign * self.exploration(state)
        chosen: list[int] = []
        first = exploitation
        for i in range(batch_size):
            scores = exploration if state.random.uniform() < self.EXPLORATION else exploitation
            first = scores.copy() if i == 0 else first
            chosen.append(int(top(scores, 1, state.random)[0]))
            exploitation[chosen[-1]] = exploration[chosen[-1]] = -np.inf
        return Choice(np.array(chosen), first)


@final
class HALUni(HybridActiveLearning):
    """Hybrid active learning that explores uniformly."""

    name = "haluni"
    label = "HALUni"

    def exploration(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """A uniform draw for each point."""
        return state.random.uniform(size=len(state.pool_features))


@final
class HALGau(HybridActiveLearning):
    """Hybrid active learning that explores sparse regions."""

    name = "halgau"
    label = "HALGau"

    def exploration(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """Minus the Gaussian density of annotated points around each point."""
        kernel = rbf_kernel(state.pool_features, state.annotated_features, gamma=1 / self.DELTA)
        return -np.asarray(kernel).sum(axis=1)
