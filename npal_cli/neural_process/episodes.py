"""Training data of networks: simulated problems as context and target sets of one annotated set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from npal_cli.neural_process.model import Shape


@dataclass(frozen=True)
class Episodes:
    """The simulated problems of one run, with what the oracle says of them.

    A simulated problem is a mask over the annotated set: context where True, targets where an improvement is known.
    """

    features: Float[np.ndarray, "point feature"]
    """The annotated set, divided by ``scale``."""
    masks: Bool[np.ndarray, "problem point"]
    improvements: Float[np.ndarray, "problem point"]
    """NaN where the point is no target."""
    context_labels: Float[np.ndarray, "problem point"]
    """What the network is told about context points; 0 in the paper."""
    classes: Float[np.ndarray, "point class"]
    """The class of each point in one-hot code, if the network is told; else it has no columns."""
    inputs: Float[np.ndarray, "problem point input"]
    """What the network is told about targets besides their features."""
    decodes_features: bool = True
    """See :class:`npal_cli.neural_process.model.Shape`."""

    @property
    def shape(self) -> Shape:
        """The shape of the network that can learn from this."""
        return Shape(
            self.features.shape[1],
            1 + self.classes.shape[1],
            self.inputs.shape[2],
            self.decodes_features,
        )

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
    labels: Float[Tensor, "network _ point channel"]
    """One row for the whole batch where all its problems are told the same."""
    targets: Int[Tensor, "network target"]
    """Positions in the flattened (batch, point)."""
    inputs: Float[Tensor, "network target input"]
    improvements: Float[Tensor, "network target"]
    weights: Float[Tensor, "network target"]
    """They sum to 1: the mean over the targets of the batch's problems."""


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
    shape, points = episodes[0].shape, episodes[0].masks.shape[1]
    at = [np.flatnonzero(_is_target(one, rows)) for one, rows in zip(episodes, problems, strict=True)]
    most_problems, most_targets = max(map(len, problems)), max(map(len, at))
    told = any(one.context_labels.any() for one in episodes)

    def empty(*size: int) -> np.ndarray:
        return np.zeros((len(episodes), *size), dtype=np.float32)

    masks = empty(most_problems, points)
    labels = empty(most_problems if told else 1, points, shape.channels)
    inputs, improvements = empty(most_targets, shape.inputs), empty(most_targets)
    targets = np.zeros((len(episodes), most_targets), dtype=np.int64)
    weights = empty(most_targets)
    for i, (one, rows, positions) in enumerate(zip(episodes, problems, at, strict=True)):
        masks[i, : len(rows)] = one.masks[rows]
        labels[i, :, :, 1:] = one.classes
        if told:
            labels[i, : len(rows), :, 0] = one.context_labels[rows]
        targets[i, : len(positions)] = positions
        inputs[i, : len(positions)] = one.inputs[rows].reshape(len(rows) * points, shape.inputs)[positions]
        improvements[i, : len(positions)] = one.improvements[rows].ravel()[positions]
        weights[i, : len(positions)] = 1.0 / len(positions)
    arrays = masks, labels, targets, inputs, improvements, weights
    return Batch(*(torch.as_tensor(each).to(device) for each in arrays))


def _is_target(episodes: Episodes, rows: np.ndarray) -> Bool[np.ndarray, "problem point"]:
    return ~np.isnan(episodes.improvements[rows])
