"""BADGE: batches that are both uncertain and diverse, by the gradients that their labels would cause."""

from collections.abc import Sequence
from typing import final

import numpy as np
from jaxtyping import Float, Int

from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy, best
from npal_cli.strategies.looks import Look


@final
class BADGE(Strategy):
    """K-means++ seeding among gradient embeddings: those of the last layer, if the class predicted were the true one.

    With class probabilities p, predicted class k and representation z the embedding is the outer product of
    ``p - onehot(k)`` and ``z``, a constant appended. The first point is the one with the longest, the others are drawn
    with probability proportional to the squared distance to the nearest one chosen.

    Source: Ash et al. (2020), *Deep batch active learning by diverse, uncertain gradient lower bounds*, Algorithm 1;
    the first point as in the code published with it.
    """

    name = "badge"
    label = "BADGE"
    order = 112
    look = Look("#5A5A0F", "#D2D278", "diamond", "dotted")
    needs = frozenset(("probabilities",))

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """A seeding of the pool in each run; scores are the embeddings' squared lengths."""
        return [self._choose(state, batch_size) for state in states]

    def _choose(self, state: AcquisitionState, batch_size: int) -> Choice:
        probabilities = state.classifier.probabilities(state.pool_features)
        errors = probabilities - np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)]
        represented = state.classifier.represent(state.pool_features)
        lengths = np.square(errors).sum(axis=1) * (np.square(represented).sum(axis=1) + 1)
        order = state.random.permutation(len(lengths))
        chosen = [best(state.choosable(lengths), order)]
        nearest = np.full(len(lengths), np.inf)
        while len(chosen) < batch_size:
            nearest = np.minimum(nearest, squared_distances(errors, represented, lengths, chosen[-1]))
            open_to = np.ones(len(lengths), bool) if state.candidates is None else state.candidates.copy()
            open_to[chosen] = False
            nearest[~open_to] = 0
            total = nearest.sum()
            left = np.flatnonzero(open_to)
            chances = nearest[left] / total if total > 0 else None  # all that is left is like what is chosen
            chosen.append(int(state.random.choice(left, p=chances)))
        return Choice(np.array(chosen), lengths)


def squared_distances(
    errors: Float[np.ndarray, "pool class"],
    represented: Float[np.ndarray, "pool representation"],
    lengths: Float[np.ndarray, " pool"],
    point: "int | Int[np.ndarray, '']",
) -> Float[np.ndarray, " pool"]:
    """Squared distances of all embeddings to one, without an outer product: inner products multiply."""
    inner = (errors @ errors[point]) * (represented @ represented[point] + 1)
    return np.maximum(lengths + lengths[point] - 2 * inner, 0)
