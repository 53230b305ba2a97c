"""Scores of soft predictions: how much each class is believed in, not which class wins.

They change with every refit, where accuracy on a hundred points mostly stays as it is, so they say more of a candidate.
``targets`` are the classes of the points: rows of one 1, or class probabilities where the class is not known. All are
weighted by class, and the larger the better.
"""

import numpy as np
from jaxtyping import Float

from npal_cli.objectives.counts import Scores, Weights

Predictions = Float[np.ndarray, "*fits point class"]
"""How much each class is believed in; rows sum to 1."""
Targets = Float[np.ndarray, "point class"]

LEAST = 1e-12
"""What probabilities are raised to before their logarithm is taken."""


def soft_accuracy(predictions: Predictions, targets: Targets, weights: Weights) -> Scores:
    """The mean belief in the true class: the accuracy of a classifier that draws its predictions.

    >>> soft_accuracy(np.array([[0.9, 0.1], [0.4, 0.6]]), np.eye(2), np.ones(2)).round(3).tolist()
    0.75
    """
    return _mean(predictions, targets * weights)


def log_loss(predictions: Predictions, targets: Targets, weights: Weights) -> Scores:
    """Minus the mean log loss, in nats.

    >>> log_loss(np.array([[0.5, 0.5], [0.5, 0.5]]), np.eye(2), np.ones(2)).round(3).tolist()
    -0.693
    """
    return _mean(np.log(np.maximum(predictions, LEAST)), targets * weights)


def brier(predictions: Predictions, targets: Targets, weights: Weights) -> Scores:
    """Minus the mean squared distance of the prediction to the true class (Brier, 1950).

    >>> brier(np.array([[0.5, 0.5], [0.0, 1.0]]), np.eye(2), np.ones(2)).tolist()
    -0.25
    """
    # |p - e_y|^2 = |p|^2 - 2 p_y + 1
    squares = (predictions**2).sum(-1, keepdims=True)
    return _mean(2 * predictions - squares - 1, targets * weights)


def _mean(values: Predictions, weighted: Targets) -> Scores:
    """The mean of the values of the true classes, each point with its weight."""
    return np.asarray((values * weighted).sum((-2, -1)) / weighted.sum())
