"""Active-learning problems: who is annotated, in the pool, in the reward set, in the test set (section 4, B.2)."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from npal_cli.problems.dataset import Features
from npal_cli.randomness import Run

Rows = Int[np.ndarray, "_"]
"""Rows of the data set, any number of them."""

Sight = Literal["annotated", "reward_set", "pool_labels", "test_set"]
"""Whose labels are known: the annotated points'; the reward set's too; the pool's too; the test set's too."""

HIDDEN = -1
"""In place of a label that is not known: no use of it can go unnoticed."""


@dataclass(frozen=True)
class Problem:
    """One run's problem; index arrays point into the rows of ``features`` and ``labels``.

    Class weights score a classifier; ``training_weights`` are what its fit uses (ones unless imbalanced_weighted).
    """

    run: Run
    features: Features = field(repr=False)
    labels: Int[np.ndarray, " all_rows"] = field(repr=False)
    annotated: Int[np.ndarray, " annotated"]
    pool: Int[np.ndarray, " pool"]
    reward: Int[np.ndarray, " reward"]
    test: Int[np.ndarray, " test"]
    held_out: Int[np.ndarray, " held_out"]
    """A second test set, that no strategy is scored on when it chooses; see :func:`split`."""
    class_weights: Float[np.ndarray, " class"]
    training_weights: Float[np.ndarray, " class"]

    @property
    def n_classes(self) -> int:
        """The number of classes."""
        return len(self.class_weights)

    def annotate(self, rows: Rows) -> "Problem":
        """The problem after the pool points ``rows`` were labelled, in that order."""
        if not np.isin(rows, self.pool).all() or len(np.unique(rows)) < len(rows):
            raise ValueError("only distinct pool points can be annotated")
        return replace(
            self,
            annotated=np.concatenate([self.annotated, rows]),
            pool=self.pool[~np.isin(self.pool, rows)],
        )

    def before_last(self, count: int) -> "Problem":
        """The problem before its last ``count`` points were annotated: they are in the pool again.

        Raises:
            ValueError: if fewer are annotated.
        """
        if count > len(self.annotated):
            raise ValueError(f"{len(self.annotated)} points are annotated; expected {count} or more")
        annotated, rows = np.split(self.annotated, [len(self.annotated) - count])
        return replace(self, annotated=annotated, pool=np.sort(np.concatenate([self.pool, rows])))

    def train_on_reward(self) -> "Problem":
        """The problem with the reward set's labels spent on training: a control, for which no reward set is left."""
        annotated = np.concatenate([self.annotated, self.reward])
        return replace(self, annotated=annotated, reward=self.reward[:0])

    def as_seen(self, sees: Sight) -> "Problem":
        """The problem as one who ``sees`` no more than that knows it: other labels are :data:`HIDDEN`.

        Test and held-out points are gone, and the reward set where its labels are not seen.
        """
        if sees == "test_set":
            return self
        known = {"annotated": (), "reward_set": (self.reward,), "pool_labels": (self.reward, self.pool)}[sees]
        labels = np.full_like(self.labels, HIDDEN)
        for rows in (self.annotated, *known):
            labels[rows] = self.labels[rows]
        reward = self.reward[:0] if sees == "annotated" else self.reward
        return replace(self, labels=labels, reward=reward, test=self.test[:0], held_out=self.held_out[:0])

    def assume(self, row: int, label: int) -> "Problem":
        """The problem after the pool point ``row`` was labelled, as if ``label`` were its label."""
        labels = self.labels.copy()
        labels[row] = label
        return replace(self.annotate(np.array([row])), labels=labels)

    def simulated(self, annotated: Bool[np.ndarray, " point"], pool: Bool[np.ndarray, " point"]) -> "Problem":
        """The problem that is simulated inside the annotated set: which points stay annotated, which are its pool."""
        return replace(self, annotated=self.annotated[annotated], pool=self.annotated[pool])
