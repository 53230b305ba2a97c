"""What is asked of a refit, and what comes back; every implementation takes many problems at once."""

from dataclasses import dataclass

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
    training_weights: Float[np.ndarray, " class"]


@dataclass(frozen=True)
class Predictions:
    """Classes predicted for the evaluation points."""

    before: Int[np.ndarray, " evaluation"]
    """By the fit to the training set alone."""
    after: Int[np.ndarray, "candidate evaluation"]
    """By the fit with each candidate added."""
