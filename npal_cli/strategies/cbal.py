"""Class-balanced active learning (Bengar et al., 2022)."""

from collections.abc import Sequence
from typing import ClassVar, final

import numpy as np
from jaxtyping import Float, Int

from npal_cli.states import AcquisitionState, top_k
from npal_cli.strategies.base import Choice, Strategy, Variant, best
from npal_cli.strategies.looks import Look
from npal_cli.strategies.services import Services


@final
class CBAL(Strategy):
    """Entropy, less the distance between the classes wanted for balance and those the batch is expected to hold.

    With ``n_c`` annotated points of class c and b points to choose, ``w_c = max((n + b) / C - n_c, 0)`` points of
    class c are wanted. Each pick maximises ``H(p(x)) - lambda |w - s - p(x)|_1``, where ``s`` sums the class
    probabilities of what the batch already holds, with lambda = 1 (supplement B.1).

    The variant ``reference`` compares ``w`` (with one label more at each pick) to each point by itself, and from the
    second pick of a batch on reads positions in the shrunk score array as positions in the pool, as the published
    code does.

    Source: Bengar et al. (2022), *Class-balanced active learning for image classification*, equation 5, greedily.
    """

    name = "cbal"
    label = "CBAL"
    order = 22
    look = Look("#C3783C", "#FFB41E", "triangle-right", "solid")
    needs = frozenset(("probabilities",))
    has_reference = True

    BALANCE: ClassVar[float] = 1.0

    def __init__(self, variant: Variant = "method") -> None:
        self._variant = variant

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """In the variant that was asked for."""
        return cls(services.variant)

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Choose greedily in each run."""
        choose = self._choose if self._variant == "method" else self._choose_reference
        return [choose(state, batch_size) for state in states]

    def _choose(self, state: AcquisitionState, batch_size: int) -> Choice:
        from scipy.special import entr

        probabilities = state.classifier.probabilities(state.pool_features)
        wanted = wanted_per_class(_class_counts(state), batch_size)
        first = self._scores(probabilities, wanted)
        entropy, order = entr(probabilities).sum(axis=1), state.random.permutation(len(probabilities))
        chosen: list[int] = []
        for _ in range(batch_size):
            scores = self._scores(probabilities, wanted, entropy)
            scores[chosen] = -np.inf
            chosen.append(best(state.choosable(scores), order))
            wanted = wanted - probabilities[chosen[-1]]
        return Choice(np.array(chosen), first)

    def _choose_reference(self, state: AcquisitionState, batch_size: int) -> Choice:
        probabilities = state.classifier.probabilities(state.pool_features)
        counts = _class_counts(state)
        first = self._scores(probabilities, wanted_per_class(counts, 0))
        free = np.flatnonzero(state.choosable(first) > -np.inf)
        left = np.isin(np.arange(len(first)), free)
        chosen: list[int] = []
        for held in range(batch_size):
            scores = self._scores(probabilities, wanted_per_class(counts, held))
            pick = int(top_k(np.where(left, scores, -np.inf), 1, state.random)[0])
            probabilities, left = np.delete(probabilities, pick, axis=0), np.delete(left, pick)
            chosen.append(pick if pick in free else int(free[np.abs(free - pick).argmin()]))
            free = free[free != chosen[-1]]
        return Choice(np.array(chosen), first)

    def _scores(
        self,
        probabilities: Float[np.ndarray, "pool class"],
        wanted: Float[np.ndarray, " class"],
        entropy: Float[np.ndarray, " pool"] | None = None,
    ) -> Float[np.ndarray, " pool"]:
        from scipy.special import entr

        entropy = entr(probabilities).sum(axis=1) if entropy is None else entropy
        return np.asarray(entropy - self.BALANCE * np.abs(wanted - probabilities).sum(axis=1))


def wanted_per_class(counts: Int[np.ndarray, " class"], batch_size: int) -> Float[np.ndarray, " class"]:
    """How many points of each class would balance the annotated set after ``batch_size`` more.

    >>> wanted_per_class(np.array([10, 90]), 4).tolist()
    [42.0, 0.0]
    """
    return np.maximum((counts.sum() + batch_size) / len(counts) - counts, 0.0)


def _class_counts(state: AcquisitionState) -> Int[np.ndarray, " class"]:
    return np.bincount(state.annotated_labels, minlength=len(state.class_weights))
