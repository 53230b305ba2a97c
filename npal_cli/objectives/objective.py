"""The objective: what an improvement is measured in, a choice of the user's."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool

from npal_cli.errors import DataError
from npal_cli.objectives.counts import (
    Counts,
    Scores,
    Weights,
    balanced_accuracy,
    f1,
    negative_cost,
    rare,
    weighted_accuracy,
)
from npal_cli.objectives.soft import Predictions, Targets, brier, log_loss, soft_accuracy

ObjectiveName = Literal["accuracy", "balanced_accuracy", "f1", "cost", "soft_accuracy", "log_loss", "brier"]
OBJECTIVES: tuple[ObjectiveName, ...] = get_args(ObjectiveName)

OF_COUNTS: dict[str, Callable[[Counts, Weights], Scores]] = {
    "accuracy": weighted_accuracy,
    "balanced_accuracy": balanced_accuracy,
}
SOFT: dict[str, Callable[[Predictions, Targets, Weights], Scores]] = {
    "soft_accuracy": soft_accuracy,
    "log_loss": log_loss,
    "brier": brier,
}


@dataclass(frozen=True)
class Objective:
    """What a classifier is scored by; of all objectives, the larger the better."""

    name: ObjectiveName = "accuracy"
    """``accuracy`` is class-weighted (the paper's), ``balanced_accuracy`` the mean recall, ``f1`` that of rare classes,
    ``cost`` minus the mean of ``costs``; the others are of soft predictions."""
    costs: tuple[tuple[float, ...], ...] | None = None
    """Of ``cost``: what it costs to predict each class (columns) for a point of each class (rows)."""
    classes: tuple[int, ...] | None = None
    """Of ``f1``: the classes whose F1 counts; None for the rare ones."""

    def __post_init__(self) -> None:
        """Refuse ``cost`` without a matrix, and a matrix or classes that nothing would read.

        Raises:
            ValueError: if there are no costs and the name is ``cost``, or costs or classes and another name.
        """
        if self.name == "cost" and self.costs is None:
            raise ValueError(
                "cost needs costs, a matrix with a row for each true and a column for each predicted class"
            )
        if self.name != "cost" and self.costs is not None:
            raise ValueError(f"{self.name} has no costs; name the objective cost, or set costs to null")
        if self.name != "f1" and self.classes is not None:
            raise ValueError(f"{self.name} is of all classes; name the objective f1, or set classes to null")

    @property
    def is_soft(self) -> bool:
        """Whether it looks at how much the classes are believed in, and not only at which of them wins."""
        return self.name in SOFT

    def check(self, n_classes: int) -> None:
        """Refuse costs and classes that do not belong to the data.

        Raises:
            DataError: if they are of another number of classes.
        """
        if self.classes is not None and not (self.classes and set(self.classes) <= set(range(n_classes))):
            raise DataError(
                f"classes {list(self.classes)} of an objective in params.yaml: expected some of 0 to {n_classes - 1}"
            )
        if self.name == "cost" and {n_classes} != {len(self.costs or ()), *map(len, self.costs or ())}:
            raise DataError(
                f"costs {list(map(list, self.costs or ()))} of an objective in params.yaml are not the "
                f"{n_classes} x {n_classes} matrix that {n_classes} classes need"
            )

    def of_counts(self, counts: Counts, weights: Weights) -> Scores:
        """The score of one or many fits from their confusion counts; for objectives that are not soft."""
        if self.name == "cost":
            self.check(len(weights))
            return negative_cost(counts, np.array(self.costs))
        if self.name == "f1":
            chosen = rare(weights) if self.classes is None else np.isin(np.arange(len(weights)), self.classes)
            return f1(counts, chosen)
        return OF_COUNTS[self.name](counts, weights)

    def of_predictions(self, predictions: Predictions, targets: Targets, weights: Weights) -> Scores:
        """The score of one or many fits from their soft predictions.

        ``targets`` may be class probabilities: then the score is what is expected, or for ``f1`` and
        ``balanced_accuracy`` the score of the expected confusion counts.

        >>> certain, unsure = np.array([[1.0, 0.0]]), np.array([[0.3, 0.7]])
        >>> Objective("accuracy").of_predictions(certain, unsure, np.ones(2)).tolist()
        0.3
        """
        if self.is_soft:
            return SOFT[self.name](predictions, targets, weights)
        return self.of_counts(expected_confusions(predictions, targets), weights)


def expected_confusions(predictions: Predictions, targets: Targets) -> Counts:
    """Expected confusion counts of points whose class probabilities are ``targets``."""
    return np.asarray(np.moveaxis(winners(predictions), -1, -2).astype(np.float64) @ targets).swapaxes(-1, -2)


def winners(predictions: Predictions) -> Bool[np.ndarray, "*fits point class"]:
    """The class that is believed in most, as rows of one True."""
    return predictions.argmax(-1)[..., None] == np.arange(predictions.shape[-1])


Scorer = Callable[[Predictions], Scores]
"""Scores of one or many fits from their soft predictions of the points that they are evaluated on."""


def scorer(objective: Objective, targets: Targets, weights: Weights) -> Scorer:
    """How ``objective`` scores fits on points whose classes are ``targets``."""
    return partial(_score, objective, targets, weights)


def _score(objective: Objective, targets: Targets, weights: Weights, predictions: Predictions) -> Scores:
    return objective.of_predictions(predictions, targets, weights)
