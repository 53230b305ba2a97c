"""Logistic regression with an L2 penalty (supplement B.2)."""

import warnings
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float, Int

from npal_cli.classifiers.base import Ability, Classifier, ClassifierOptions, FitServices

CHOLESKY = 150
"""Unknowns of several classes up to which their Hessian is factorised: its entries are the square of them."""


@final
class Logistic:
    """L2-penalised logistic regression, multinomial for more than two classes.

    Solved by Newton's method to a gradient below 1e-12: scikit-learn's default stops L-BFGS early, which moves some
    predictions next to the boundary and with them up to 15 % of the improvements of a pool.

    >>> features, labels = np.array([[-1.0], [-0.5], [0.5], [1.0]]), np.array([0, 0, 1, 1])
    >>> Logistic().fit(features, labels, np.ones(2)).predict(np.array([[-2.0], [2.0]])).tolist()
    [0, 1]
    """

    name = "logistic"
    label = "logistic regression"
    Options = ClassifierOptions
    abilities: frozenset[Ability] = frozenset(("probabilities", "boundaries", "refits"))

    def __init__(self, options: ClassifierOptions | None = None) -> None:
        self.options = options or ClassifierOptions()

    @classmethod
    def make(cls, options: Any, services: FitServices | None = None) -> Classifier:  # noqa: ARG003  # needs none
        """With its options."""
        return cls(options)

    def fit(
        self,
        features: Float[np.ndarray, "point feature"],
        labels: Int[np.ndarray, " point"],
        class_weights: Float[np.ndarray, " class"],
    ) -> "FittedLogistic":
        """See :meth:`npal_cli.classifiers.base.Classifier.fit`."""
        space = Space.of(features)
        model = _solver(self.options.C, space.dimensions, len(np.unique(labels)))
        with warnings.catch_warnings():
            # Where rounding hides the last of the descent the line search of conjugate gradients says so, and stops.
            warnings.filterwarnings("ignore", "(?i).*line search")
            model.fit(space.enter(features), labels, sample_weight=class_weights[labels])
        return FittedLogistic(model, space, len(class_weights))


def _solver(C: float, dimensions: int, classes: int) -> Any:
    """Newton's method: with a Cholesky factor of the Hessian where that is small, by conjugate gradients elsewhere."""
    from sklearn.linear_model import LogisticRegression

    if classes > 2 and (dimensions + 1) * classes > CHOLESKY:
        return LogisticRegression(C=C, solver="newton-cg", tol=1e-12, max_iter=1000)
    return LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000)


@dataclass(frozen=True)
class Space:
    """Where a fit is made: the points' own centre is the origin, and what they do not span is left out.

    Neither changes the fit. The intercept, which is not penalised, makes up for the centre, without which a large
    offset would leave few digits; and what the points do not span has no weight at the optimum (the representer
    theorem), without which unknowns would grow with the features and not with the points.
    """

    origin: Float[np.ndarray, " feature"]
    basis: Float[np.ndarray, "feature dimension"] | None
    """Orthonormal; None for all features."""

    @classmethod
    def of(cls, features: Float[np.ndarray, "point feature"]) -> "Space":
        """The space of some points."""
        origin = features.mean(axis=0)
        if len(features) >= features.shape[1]:
            return cls(origin, None)
        return cls(origin, np.linalg.qr((features - origin).T)[0])

    @property
    def dimensions(self) -> int:
        """How many it has."""
        return len(self.origin) if self.basis is None else self.basis.shape[1]

    def enter(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point dimension"]:
        """Points, as they are in this space."""
        centred = features - self.origin
        return centred if self.basis is None else centred @ self.basis


@final
class FittedLogistic:
    """A fitted logistic regression."""

    def __init__(self, model: Any, space: Space, n_classes: int) -> None:
        self._model = model
        self._space = space
        self._n_classes = n_classes

    def predict(self, features: Float[np.ndarray, "point feature"]) -> Int[np.ndarray, " point"]:
        """The class of each point."""
        return np.asarray(self._model.predict(self._space.enter(features)))

    def probabilities(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """Class probabilities of each point; 0 for classes not seen in the fit."""
        result = np.zeros((len(features), self._n_classes))
        result[:, self._model.classes_] = self._model.predict_proba(self._space.enter(features))
        return result

    def soft_predictions(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """The probabilities."""
        return self.probabilities(features)

    def boundary_distances(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, " point"]:
        """The difference between the two largest logits: the absolute log odds of two classes."""
        decisions = np.asarray(self._model.decision_function(self._space.enter(features)))
        if decisions.ndim == 1:
            return np.abs(decisions)
        ordered = np.sort(decisions, axis=1)
        return ordered[:, -1] - ordered[:, -2]

    def represent(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point feature"]:
        """The features themselves (supplement B.2)."""
        return features
