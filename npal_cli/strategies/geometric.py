"""Strategies that look at distances between points."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, final

import numpy as np
from jaxtyping import Bool, Float

from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy, Variant, best
from npal_cli.strategies.looks import Look
from npal_cli.strategies.services import Services
from npal_cli.strategies.simple import margins

POINTS_AT_ONCE = 4096
"""Pool points whose kernels to all annotated points are held in memory."""


@final
class KCenterGreedy(Strategy):
    """The point farthest from its nearest annotated or already chosen point, again and again.

    The greedy 2-approximation of the k-centre problem: Sener and Savarese (2018), algorithm 1; on the input features
    (supplement B.2) or on what the last layer of a network sees (B.1).
    """

    name = "kcgrdy"
    label = "KCGrdy"
    order = 15
    look = Look("#00783C", "#2DB4A5", "cross", "solid")
    subsamples = True

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Choose greedily in each run."""
        return [
            k_center_greedy(
                state.classifier.represent(state.pool_features),
                state.classifier.represent(state.annotated_features),
                batch_size,
                state.random,
                state.candidates,
            )
            for state in states
        ]


def k_center_greedy(
    pool: Float[np.ndarray, "pool representation"],
    centers: Float[np.ndarray, "center representation"],
    size: int,
    random: np.random.Generator,
    candidates: Bool[np.ndarray, " pool"] | None = None,
) -> Choice:
    """The ``size`` pool points that are farthest from all centers, each becoming one in its turn; ties at random.

    Keeps one distance per pool point: each further pick costs that many.
    """
    from sklearn.metrics import pairwise_distances_argmin_min
    from sklearn.metrics.pairwise import euclidean_distances
    from sklearn.utils.extmath import row_norms

    order = random.permutation(len(pool))
    norms = row_norms(pool, squared=True)[:, None]
    distances = np.asarray(pairwise_distances_argmin_min(pool, centers)[1], dtype=np.float64)
    scores = distances.copy()
    if candidates is not None:
        distances[~candidates] = -np.inf
    chosen: list[int] = []
    for _ in range(size):
        pick = best(distances, order)
        chosen.append(pick)
        to_pick = euclidean_distances(pool, pool[[pick]], X_norm_squared=norms, Y_norm_squared=norms[[pick]])
        distances = np.minimum(distances, to_pick[:, 0])
        distances[chosen] = -np.inf
    return Choice(np.array(chosen), scores)


class Exploration:
    """How unexplored the surroundings of each pool point are: uniform draws, which say nothing of them."""

    def __init__(self, state: AcquisitionState) -> None:
        self.scores: Float[np.ndarray, " pool"] = state.random.uniform(size=len(state.pool_features))

    def choose(self, pick: int) -> None:
        """Take into account that the pool point ``pick`` is chosen."""


@final
class GaussianExploration(Exploration):
    """Minus the sum over annotated and chosen points of ``exp(-|x - x_i|^2 / delta)``, float64."""

    def __init__(self, state: AcquisitionState, delta: float) -> None:
        from sklearn.metrics.pairwise import rbf_kernel
        from sklearn.utils import gen_batches

        self._pool = state.classifier.represent(state.pool_features).astype(np.float64)
        self._gamma = 1 / delta
        annotated = state.classifier.represent(state.annotated_features).astype(np.float64)
        blocks = gen_batches(len(self._pool), POINTS_AT_ONCE)
        density = [rbf_kernel(self._pool[block], annotated, gamma=self._gamma).sum(axis=1) for block in blocks]
        self.scores = -np.concatenate(density)

    def choose(self, pick: int) -> None:
        """The surroundings of ``pick`` are explored: no second point is needed there."""
        from sklearn.metrics.pairwise import rbf_kernel

        self.scores = self.scores - rbf_kernel(self._pool, self._pool[[pick]], gamma=self._gamma)[:, 0]


class HybridActiveLearning(Strategy):
    """With probability 1/2 exploit, else explore, for each pick anew.

    Exploiting takes the smallest margin. Exploring takes a uniformly random point (HALUni), or the point in the
    sparsest region, where the sum over annotated points (and those that the batch already holds) of
    ``exp(-|x - x_i|^2 / delta)`` is smallest (HALGau), with delta = 10 (supplement B.1).

    The variant ``reference`` exploits the *largest* margin and explores the region that was *densest* before the batch,
    as the published code does.

    Source: Kazerouni et al. (2020), *Active learning for skewed data sets*.
    """

    needs = frozenset(("probabilities",))
    has_reference = True

    EXPLORATION: ClassVar[float] = 0.5
    DELTA: ClassVar[float] = 10.0

    def __init__(self, variant: Variant = "method") -> None:
        self._variant = variant

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """In the variant that was asked for."""
        return cls(services.variant)

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Toss a coin for each pick of each run."""
        return [self._choose(state, batch_size) for state in states]

    @abstractmethod
    def exploration(self, state: AcquisitionState) -> Exploration:
        """How unexplored the pool is before the first pick."""

    def _choose(self, state: AcquisitionState, batch_size: int) -> Choice:
        sign = 1.0 if self._variant == "method" else -1.0
        exploitation, exploration = -sign * margins(state), self.exploration(state)
        chosen: list[int] = []
        for i in range(batch_size):
            scores = sign * exploration.scores if state.random.uniform() < self.EXPLORATION else exploitation.copy()
            if i == 0:
                first, order = scores.copy(), state.random.permutation(len(scores))
            scores[chosen] = -np.inf
            chosen.append(best(state.choosable(scores), order))
            if self._variant == "method":
                exploration.choose(chosen[-1])
        return Choice(np.array(chosen), first)


@final
class HALUni(HybridActiveLearning):
    """Hybrid active learning that explores uniformly."""

    name = "haluni"
    label = "HALUni"
    order = 20
    look = Look("#B478A5", "#FFA5D2", "triangle-left", "solid")

    def exploration(self, state: AcquisitionState) -> Exploration:
        """A uniform draw for each point."""
        return Exploration(state)


@final
class HALGau(HybridActiveLearning):
    """Hybrid active learning that explores sparse regions."""

    name = "halgau"
    label = "HALGau"
    order = 21
    look = Look("#3C003C", "#966996", "triangle-left", "dashed")

    def exploration(self, state: AcquisitionState) -> Exploration:
        """Minus the Gaussian density of annotated points around each point."""
        return GaussianExploration(state, self.DELTA)
