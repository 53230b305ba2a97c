"""Training data of a network: simulated problems as context and target sets of one annotated set."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True)
class Episodes:
    """The simulated problems of one run, with what the oracle says of them.

    A simulated problem is a mask over the annotated set: context where True, targets elsewhere.
    """

    features: Float[np.ndarray, "point feature"]
    """The annotated set, divided by ``scale``."""
    masks: Bool[np.ndarray, "problem point"]
    improvements: Float[np.ndarray, "problem point"]
    """NaN where the point is context."""
    context_labels: Float[np.ndarray, "problem point"]
    """What the network is told about context points; 0 in the paper."""


@dataclass(frozen=True)
class Batch:
    """Simulated problems of equal size."""

    context: Float[Tensor, "batch context feature"]
    context_labels: Float[Tensor, "batch context"]
    targets: Float[Tensor, "batch target feature"]
    improvements: Float[Tensor, "batch target"]


def input_scale(annotated: Float[np.ndarray, "point feature"], pool: Float[np.ndarray, "pool feature"]) -> float:
    """The largest absolute feature value, which brings the network's inputs into [-1, 1] (supplement B.3).

    >>> input_scale(np.array([[1.0, -2.0]]), np.array([[0.5, 1.5]]))
    2.0
    """
    return float(max(np.abs(annotated).max(initial=0.0), np.abs(pool).max(initial=0.0))) or 1.0


def batches(episodes: Episodes, size: int, draws: np.random.Generator, device: torch.device) -> Iterator[Batch]:
    """One epoch: every problem once, in batches of up to ``size`` problems of equal size, in random order."""
    context_sizes = episodes.masks.sum(axis=1)
    groups = []
    for context_size in np.unique(context_sizes):
        problems = draws.permutation(np.flatnonzero(context_sizes == context_size))
        groups += [problems[start : start + size] for start in range(0, len(problems), size)]
    for i in draws.permutation(len(groups)):
        yield _batch(episodes, groups[i], device)


def _batch(episodes: Episodes, problems: np.ndarray, device: torch.device) -> Batch:
    masks = episodes.masks[problems]
    context = np.nonzero(masks)[1].reshape(len(problems), -1)
    targets = np.nonzero(~masks)[1].reshape(len(problems), -1)

    def tensor(values: np.ndarray) -> Tensor:
        return torch.as_tensor(values, dtype=torch.float32, device=device)

    return Batch(
        context=tensor(episodes.features[context]),
        context_labels=tensor(np.take_along_axis(episodes.context_labels[problems], context, axis=1)),
        targets=tensor(episodes.features[targets]),
        improvements=tensor(np.take_along_axis(episodes.improvements[problems], targets, axis=1)),
    )
