"""Batches of lessons for a network: states with equally many classes, and some of the candidates of each."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from npal_cli.learned.network import Batch
from npal_cli.pretraining.lessons import Lessons

Draws = np.random.Generator
States = Int[np.ndarray, " state"]


class Taught(NamedTuple):
    """A batch, and what is to be predicted of it."""

    batch: Batch
    worth: Float[Tensor, "state candidate target"]
    """Standardised over the candidates that were drawn of each state; NaN where there is nothing to learn."""
    scale: Float[Tensor, " state"]
    """By how much the candidates differ in what they improve of the objective."""


class Batches:
    """Draws batches from lessons."""

    def __init__(self, lessons: Lessons, device: torch.device) -> None:
        self.lessons = lessons
        self._device = device
        self._starts = np.cumsum(lessons.sizes) - lessons.sizes
        rows = lessons.sizes.astype(np.int64) * lessons.n_classes
        self._class_starts = np.cumsum(rows) - rows

    def epoch(self, states: States, size: int, candidates: int, draws: Draws) -> Iterator[Taught]:
        """All ``states`` once, in random order."""
        groups = []
        for each in np.unique(self.lessons.n_classes[states]):
            of_class = draws.permutation(states[self.lessons.n_classes[states] == each])
            groups += np.array_split(of_class, int(np.ceil(len(of_class) / size)))
        for i in draws.permutation(len(groups)):
            yield self.taught(groups[i], candidates, draws)

    def per_epoch(self, states: States, size: int) -> int:
        """How many batches that are."""
        counts = np.unique(self.lessons.n_classes[states], return_counts=True)[1]
        return int(np.ceil(counts / size).sum())

    def taught(self, states: States, candidates: int, draws: Draws | None = None) -> Taught:
        """These states, which have equally many classes, with so many of their candidates: drawn, or the first."""
        lessons = self.lessons
        sizes = lessons.sizes[states]
        width = min(candidates, int(sizes.max()))
        order = draws.random((len(states), sizes.max())) if draws else np.tile(np.arange(sizes.max()), (len(states), 1))
        order = np.where(np.arange(sizes.max()) < sizes[:, None], order, np.inf)
        local = np.argsort(order, axis=1)[:, :width]
        there = np.arange(width) < sizes[:, None]
        local = np.where(there, local, 0)
        rows = self._starts[states][:, None] + local
        classes = int(lessons.n_classes[states[0]])
        class_rows = self._class_starts[states][:, None, None] + local[..., None] * classes + np.arange(classes)
        worth = np.where(there[..., None], lessons.worth[rows], np.nan).astype(np.float64)
        deviation = _deviation(worth)
        with np.errstate(all="ignore"):
            scaled = (worth - _mean(worth)) / np.where(deviation > 1e-7, deviation, np.nan)
        batch = Batch(
            self._tensor(lessons.candidates[rows]),
            self._tensor(lessons.classes[class_rows]),
            self._tensor(lessons.neighbours[rows]),
            self._tensor(lessons.state[states]),
            torch.from_numpy(there).to(self._device),
        )
        return Taught(batch, self._tensor(scaled), self._tensor(deviation[:, 0, 0]))

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)).to(self._device)


def _mean(values: np.ndarray) -> np.ndarray:
    there = np.isfinite(values)
    return np.asarray(np.where(there, values, 0).sum(1, keepdims=True) / np.maximum(there.sum(1, keepdims=True), 1))


def _deviation(values: np.ndarray) -> np.ndarray:
    there = np.isfinite(values)
    squares = np.where(there, (values - _mean(values)) ** 2, 0).sum(1, keepdims=True)
    return np.asarray(np.sqrt(squares / np.maximum(there.sum(1, keepdims=True), 1)))
