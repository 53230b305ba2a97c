"""Tables whose labels are all known, as problems are drawn from them: some of their classes, columns and rows.

What the classes depend on is not known there, so the label itself is the truth: right on average, and noisier than the
probabilities of a drawn table.
"""

import numpy as np
from jaxtyping import Int

from npal_cli.errors import UsageError
from npal_cli.pretraining.prior import MOST_CLASSES, Draws, Shares, Table
from npal_cli.problems.dataset import Dataset, is_image

FEWEST = 25
"""Points of a class without which it is left out."""
SEEN = 0.6
"""The share of a class's points that a problem may have; the truth is known of the others."""


class Part:
    """A table's classes, some of them left out or put together, and some of its columns."""

    known = True

    def __init__(self, draws: Draws, data: Dataset, several: float) -> None:
        counts = np.bincount(data.labels, minlength=len(data.classes))
        groups = _grouped(draws, np.flatnonzero(counts >= FEWEST), several)
        code = np.full(len(counts), -1)
        for i, group in enumerate(groups):
            code[group] = i
        labels = code[data.labels]
        self._labels = labels[labels >= 0]
        self._features = data.features[labels >= 0][:, _columns(draws, data.features.shape[1])]
        self._counts = np.bincount(self._labels, minlength=len(groups))
        self.natural: Shares = self._counts / self._counts.sum()

    def most(self, shares: Shares) -> int:
        """How many points a problem may have whose classes have these shares."""
        return int((SEEN * self._counts / shares).min())

    def table(self, draws: Draws, seen: int, shares: Shares) -> Table:
        """Rows in random order, of which the first ``seen`` have these shares, and the others are all that are left."""
        order = draws.permutation(len(self._labels))
        wanted = np.minimum(draws.multinomial(seen, shares), self._counts - 1)
        first = np.concatenate([order[self._labels[order] == c][:n] for c, n in enumerate(wanted)])
        rows = np.concatenate([draws.permutation(first), order[~np.isin(order, first)]])
        features = self._features[rows].astype(np.float64)
        deviation = features.std(axis=0)
        features = (features - features.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
        return Table(features, self._labels[rows], np.eye(len(shares))[self._labels[rows]], shares, len(first))


def checked(data: Dataset) -> Dataset:
    """The data set, if problems can be drawn from it.

    Raises:
        UsageError: if it is of images, or fewer than two of its classes are frequent enough.
    """
    if is_image(data.features):
        raise UsageError(f"data set {data.name}: problems are drawn of tables of features, not of images")
    if (np.bincount(data.labels) >= FEWEST).sum() < 2:
        raise UsageError(f"data set {data.name}: problems are drawn of tables with two classes of {FEWEST} points each")
    return data


def _grouped(draws: Draws, classes: Int[np.ndarray, " class"], several: float) -> list[Int[np.ndarray, "_"]]:
    """Which classes are one: all as they are, with probability ``several``, else two groups of one or more."""
    order = draws.permutation(classes)[:MOST_CLASSES]
    if len(order) > 2 and draws.random() < several:
        return [order[[i]] for i in range(len(order))]
    if draws.random() < 0.4:
        return [order[:1], order[1:2]]
    cut = int(draws.integers(1, len(order)))
    return [order[:cut], order[cut:]]


def _columns(draws: Draws, size: int) -> Int[np.ndarray, " column"]:
    """All of them, half of the time; else half of them at least."""
    if draws.random() < 0.5:
        return np.arange(size)
    return draws.permutation(size)[: max(int(np.ceil(size * draws.uniform(0.5, 1))), 1)]
