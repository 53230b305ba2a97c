"""Training data of networks: simulated problems as context and target sets of one annotated set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
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

    def batches(self, size: int, draws: np.random.Generator) -> list[Int[np.ndarray, " problem"]]:
        """One epoch: every problem once, in batches of up to ``size`` problems of equal context, in random order."""
        context_sizes = self.masks.sum(axis=1)
        groups = []
        for context_size in np.unique(context_sizes):
            problems = draws.permutation(np.flatnonzero(context_sizes == context_size))
            groups += [problems[start : start + size] for start in range(0, len(problems), size)]
        return [groups[i] for i in draws.permutation(len(groups))]

    def steps_per_epoch(self, size: int) -> int:
        """How many batches of up to ``size`` problems an epoch has."""
        counts = np.unique(self.masks.sum(axis=1), return_counts=True)[1]
        return int(np.ceil(counts / size).sum())


@dataclass(frozen=True)
class Batch:
    """One batch of each network, filled up to equal sizes with problems and targets that weigh nothing."""

    masks: Float[Tensor, "network batch point"]
    labels: Float[Tensor, "network _ point"]
    """One row for the whole batch where no point has one."""
    targets: Int[Tensor, "network target"]
    """Positions in the flattened (batch, point)."""
    improvements: Float[Tensor, "network target"]
    weights: Float[Tensor, "network target"]
    """They sum to 1: the mean over a problem's targets, then over problems."""


def input_scale(annotated: Float[np.ndarray, "point feature"], pool: Float[np.ndarray, "pool feature"]) -> float:
    """The largest absolute feature value, which brings the network's inputs into [-1, 1] (supplement B.3).

    >>> input_scale(np.array([[1.0, -2.0]]), np.array([[0.5, 1.5]]))
    2.0
    """
    return float(max(np.abs(annotated).max(initial=0.0), np.abs(pool).max(initial=0.0))) or 1.0


def epoch(
    episodes: Sequence[Episodes], size: int, draws: Sequence[np.random.Generator], device: torch.device
) -> Iterator[Batch]:
    """One epoch of all networks in lock-step, each drawn from its own stream; they have equally many batches."""
    orders = [one.batches(size, draw) for one, draw in zip(episodes, draws, strict=True)]
    for problems in zip(*orders, strict=True):
        yield _batch(episodes, problems, device)


def _batch(episodes: Sequence[Episodes], problems: Sequence[np.ndarray], device: torch.device) -> Batch:
    points = episodes[0].masks.shape[1]
    at = [np.flatnonzero(~one.masks[rows]) for one, rows in zip(episodes, problems, strict=True)]
    most_problems, most_targets = max(map(len, problems)), max(map(len, at))
    told = any(one.context_labels.any() for one in episodes)
    masks = np.zeros((len(episodes), most_problems, points), dtype=np.float32)
    labels = np.zeros((len(episodes), most_problems if told else 1, points), dtype=np.float32)
    targets = np.zeros((len(episodes), most_targets), dtype=np.int64)
    improvements = np.zeros((len(episodes), most_targets), dtype=np.float32)
    weights = np.zeros((len(episodes), most_targets), dtype=np.float32)
    for i, (one, rows, positions) in enumerate(zip(episodes, problems, at, strict=True)):
        masks[i, : len(rows)] = one.masks[rows]
        if told:
            labels[i, : len(rows)] = one.context_labels[rows]
        targets[i, : len(positions)] = positions
        improvements[i, : len(positions)] = one.improvements[rows].ravel()[positions]
        weights[i, : len(positions)] = 1.0 / len(positions)
    return Batch(*(torch.as_tensor(each).to(device) for each in (masks, labels, targets, improvements, weights)))
