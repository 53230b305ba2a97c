"""Logistic regression of an RBF kernel, solved in the space of the points."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.distance import cdist, pdist, squareform
from sklearn.base import BaseEstimator, ClassifierMixin

Features = Float[np.ndarray, "point feature"]
Values = Float[np.ndarray, "point output"]

TOLERANCE = 1e-5
"""The largest move of a logit at which the solution is reached."""
MOST_ROUNDS = 2000


class KernelLogistic(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Minimises the log loss and half ``penalty`` times the squared norm; the intercept is free.

    The kernel is ``exp(-d^2 / m)`` with m the median squared distance of two points, so no width is to be chosen. By
    the representer theorem the logits are ``f = K a + b``. Each round minimises a quadratic bound of the loss, whose
    curvature is the largest that the loss can have anywhere (1/4 for two classes, 1/2 for more), so every round is a
    ridge regression with the same matrix, which is inverted once. Nesterov's momentum, begun anew where it points
    uphill, keeps the rounds few.

    Source: Boehning and Lindsay (1988) for the bound; O'Donoghue and Candes (2015) for the restarts.

    >>> x = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
    >>> KernelLogistic(0.1).fit(x, np.array([0, 1, 1, 1, 0])).predict_proba(x).argmax(axis=1).tolist()
    [0, 1, 1, 1, 0]
    """

    def __init__(self, penalty: float = 0.1) -> None:
        self.penalty = penalty

    def fit(self, features: Features, labels: Int[np.ndarray, " point"]) -> "KernelLogistic":
        """Fit to points of one class or more."""
        self.classes_, labels = np.unique(labels, return_inverse=True)
        self._points = features
        squares = pdist(features, "sqeuclidean")
        self._width = float(np.median(squares)) if len(squares) else 0.0
        self._width = self._width or 1.0  # where most points are equal
        kernel = np.exp(squareform(squares) / -self._width)
        several = len(self.classes_) > 2
        truth = np.eye(len(self.classes_))[labels] if several else labels[:, None].astype(np.float64)
        self._weights, self._intercept = _solve(kernel, truth, self.penalty, several=several)
        return self

    def predict_proba(self, features: Features) -> Float[np.ndarray, "point class"]:
        """The probabilities of the classes that were seen, in the order of ``classes_``."""
        kernel = np.exp(cdist(features, self._points, "sqeuclidean") / -self._width)
        found = _believed(kernel @ self._weights + self._intercept)
        if len(self.classes_) == 1:
            return np.ones((len(features), 1))
        return found if found.shape[1] > 1 else np.concatenate([1 - found, found], axis=1)

    def predict(self, features: Features) -> Any:
        """The likeliest class of each point."""
        return self.classes_[self.predict_proba(features).argmax(axis=1)]


def _solve(
    kernel: Float[np.ndarray, "point point"], truth: Values, penalty: float, *, several: bool
) -> tuple[Values, Float[np.ndarray, " output"]]:
    """The weights of the points and the intercept of each output."""
    curvature = 0.5 if several else 0.25
    inverse = np.linalg.inv(kernel + penalty / curvature * np.eye(len(kernel)))
    sums = inverse.sum(axis=0)
    reached = ahead = np.zeros_like(truth)
    momentum = 1.0
    for _ in range(MOST_ROUNDS):
        wanted = ahead + (truth - _believed(ahead)) / curvature
        intercept = sums @ wanted / sums.sum()
        weights = inverse @ (wanted - intercept)
        logits = wanted - penalty / curvature * weights
        move = logits - reached
        if np.abs(move).max() < TOLERANCE:
            break
        if ((ahead - logits) * move).sum() > 0:
            momentum = 1.0
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = logits + (momentum - 1) / following * move
        reached, momentum = logits, following
    return weights, intercept


def _believed(logits: Values) -> Values:
    """The probability of each class, or of the second of two."""
    from scipy.special import expit, softmax

    return np.asarray(softmax(logits, axis=1) if logits.shape[1] > 1 else expit(logits))
