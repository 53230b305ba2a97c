"""What is asked of refits, and what comes back."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class RefitProblem:
    """One training set, the candidates to add to it one at a time, and the points to predict after each fit."""

    features: Float[np.ndarray, "point feature"]
    labels: Int[np.ndarray, " point"]
    candidate_features: Float[np.ndarray, "candidate feature"]
    candidate_labels: Int[np.ndarray, " candidate"]
    evaluation_features: Float[np.ndarray, "evaluation feature"]
    evaluation_labels: Int[np.ndarray, " evaluation"]
    training_weights: Float[np.ndarray, " class"]

    def of_candidates(self, which: "slice | Int[np.ndarray, '_']") -> "RefitProblem":
        """The same problem with some of its candidates."""
        return replace(
            self,
            candidate_features=self.candidate_features[which],
            candidate_labels=self.candidate_labels[which],
        )

    def centred(self) -> "RefitProblem":
        """The same around the centre of the training set, where a large common offset costs no digits."""
        origin = self.features.mean(axis=0)
        return replace(
            self,
            features=self.features - origin,
            candidate_features=self.candidate_features - origin,
            evaluation_features=self.evaluation_features - origin,
        )

    def check(self) -> None:
        """Refuse what no fit is defined for; fits do not look themselves, which would cost them a third of their time.

        Raises:
            ValueError: if a feature is not finite, or a class weight not a positive number.
        """
        for name, values in (
            ("training point", self.features),
            ("candidate", self.candidate_features),
            ("evaluation point", self.evaluation_features),
        ):
            if not np.isfinite(values).all():
                row, column = np.argwhere(~np.isfinite(values))[0]
                raise ValueError(f"{name} {row}: feature {column} is {values[row, column]}; expected finite numbers")
        wrong = np.flatnonzero(~(np.isfinite(self.training_weights) & (self.training_weights > 0)))
        if len(wrong):
            weight = self.training_weights[wrong[0]]
            raise ValueError(f"the training weight of class {wrong[0]} is {weight:g}; expected a positive number")


@dataclass(frozen=True)
class Confusions:
    """How many evaluation points of each class (rows) were predicted to be of each class (columns)."""

    before: Int[np.ndarray, "class class"]
    """By the fit to the training set alone."""
    after: Int[np.ndarray, "candidate class class"]
    """By the fit with each candidate added."""


@dataclass(frozen=True)
class RefitScores:
    """What the fits score."""

    before: float
    after: Float[np.ndarray, " candidate"]

    @property
    def improvements(self) -> Float[np.ndarray, " candidate"]:
        """How much each candidate improves the score."""
        return self.after - self.before
