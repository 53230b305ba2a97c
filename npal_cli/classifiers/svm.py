"""Support vector machine with an RBF kernel (supplement B.2)."""

import logging
import warnings
from functools import cache
from itertools import combinations
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float, Int

from npal_cli.classifiers.base import Ability, Classifier, ClassifierOptions, FitServices

log = logging.getLogger("npal")

AT_BOUND = 1e-9
"""How near to a bound of its interval, relative to its length, a dual variable counts as being there."""

MOST_ITERATIONS = 2_000_000
"""Of one fit by libsvm, about a second; where a nearly singular problem needs more, what was reached is kept."""


@final
class SVM:
    """C-SVC with an RBF kernel whose gamma is 'scale' (1 / (features x variance)) of each training set.

    Solved to a tolerance of 1e-8 (scikit-learn's default is 1e-3), so that its predictions do not depend on the order
    of the points. More than two classes are fitted one against one.

    Where no support vector of a pair is free, every bias of an interval is optimal (Burges and Crisp, 1999) and libsvm
    returns an end of it or its middle, as rounding has it. Here it is then the middle (``docs/concepts/refits.md``).

    >>> features, labels = np.array([[-1.0], [-0.5], [0.5], [1.0]]), np.array([0, 0, 1, 1])
    >>> SVM().fit(features, labels, np.ones(2)).predict(np.array([[-2.0], [2.0]])).tolist()
    [0, 1]
    """

    name = "svm"
    label = "SVM"
    Options = ClassifierOptions
    abilities: frozenset[Ability] = frozenset(("boundaries", "refits"))

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
    ) -> "FittedSVM":
        """See :meth:`npal_cli.classifiers.base.Classifier.fit`."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.svm import SVC

        model = SVC(
            C=self.options.C,
            kernel="rbf",
            gamma="scale",
            tol=1e-8,
            decision_function_shape="ovo",
            max_iter=MOST_ITERATIONS,
        )
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", ConvergenceWarning)
            model.fit(features, labels, sample_weight=class_weights[labels])
        if any(issubclass(each.category, ConvergenceWarning) for each in said):
            _tell_stopped()
        shifts = bias_shifts(model, features, labels, self.options.C * class_weights)
        return FittedSVM(model, len(class_weights), shifts)


@cache
def _tell_stopped() -> None:
    """Log once that a fit was stopped."""
    log.warning("a fit of an SVM was stopped after %d iterations and kept as it was", MOST_ITERATIONS)


def bias_shifts(
    model: Any,
    features: Float[np.ndarray, "point feature"],
    labels: Int[np.ndarray, " point"],
    bounds: Float[np.ndarray, " class"],
) -> Float[np.ndarray, " pair"]:
    """What the decision values of each pair of annotated classes lack for the bias to be npal's.

    Zero for a pair with a free support vector: its bias is unique. ``bounds`` are those of the dual variables. The
    values are those where the second class of a pair is positive.
    """
    from sklearn.metrics.pairwise import rbf_kernel

    classes = model.classes_
    ends = np.append(0, np.cumsum(model.n_support_))
    flip = 1.0 if len(classes) == 2 else -1.0  # scikit-learn's are positive for the first class of many
    shifts = np.zeros(len(model.intercept_))
    for pair, (first, second) in enumerate(combinations(range(len(classes)), 2)):
        beta = np.zeros(len(labels))
        for one, other in ((first, second), (second, first)):
            vectors = slice(ends[one], ends[one + 1])
            beta[model.support_[vectors]] = flip * model.dual_coef_[other - (other > one), vectors]
        rows = np.flatnonzero((labels == classes[first]) | (labels == classes[second]))
        shares = np.abs(beta[rows]) / bounds[labels[rows]]
        if not ((shares > AT_BOUND) & (shares < 1.0 - AT_BOUND)).any():
            y = np.where(labels[rows] == classes[second], 1.0, -1.0)
            variance = features.var()
            gram = rbf_kernel(features[rows], gamma=1.0 / (features.shape[1] * variance) if variance > 0 else 1.0)
            middle = middle_bias(y - gram @ beta[rows], y, shares > 0.5)
            shifts[pair] = middle - flip * model.intercept_[pair]
    return shifts


def middle_bias(
    residuals: Float[np.ndarray, " point"], y: Float[np.ndarray, " point"], at_bound: Bool[np.ndarray, " point"]
) -> float:
    """The middle of the biases that are optimal where each dual variable is zero or ``at_bound``.

    ``residuals`` are ``y`` (-1 or 1) less the decision values without a bias. A point of variable zero has a margin of
    1 or more, one at its bound a margin of 1 or less: each bounds the bias from one side.

    >>> middle_bias(np.array([0.5, 0.25, -0.5]), np.array([1.0, 1.0, -1.0]), np.array([True, False, True]))
    0.375
    """
    from_below = (y > 0) != at_bound
    return float(0.5 * (residuals[from_below].max() + residuals[~from_below].min()))


def soft_votes(
    decisions: Float[np.ndarray, "*fits pair point"], n_classes: int
) -> Float[np.ndarray, "*fits point class"]:
    """How much each class is believed in: the mean, over its pairs of classes, of the sigmoid of the decision value.

    A smooth stand-in for the votes of one against one, for an SVM has no probabilities: at a margin of 1 the winner of
    two has 0.73. (Of more than two classes the one with the most soft votes may not be that with the most votes.)
    ``decisions`` are positive where the second class of a pair wins; pairs that were not fitted are NaN.

    >>> soft_votes(np.array([[0.0, 2.0]]), 2).round(2).tolist()
    [[0.5, 0.5], [0.12, 0.88]]
    """
    from scipy.special import expit

    second = expit(decisions)
    votes = np.zeros((*decisions.shape[:-2], n_classes, decisions.shape[-1]))
    for pair, (a, b) in enumerate(combinations(range(n_classes), 2)):
        fitted = ~np.isnan(second[..., pair, :])
        votes[..., b, :] += np.where(fitted, second[..., pair, :], 0.0)
        votes[..., a, :] += np.where(fitted, 1.0 - second[..., pair, :], 0.0)
    fitted_pairs = votes.sum(axis=-2, keepdims=True)
    return np.asarray(np.moveaxis(votes / np.where(fitted_pairs > 0, fitted_pairs, 1.0), -2, -1))


@final
class FittedSVM:
    """A fitted support vector machine; ``shifts`` are by how much its biases are not libsvm's (:func:`bias_shifts`)."""

    def __init__(self, model: Any, n_classes: int, shifts: Float[np.ndarray, " pair"]) -> None:
        self._model = model
        self._n_classes = n_classes
        self.shifts = shifts

    @property
    def iterations(self) -> int:
        """How many libsvm took, of the pair of classes that took most."""
        return int(np.max(self._model.n_iter_))

    def decision_values(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "pair point"]:
        """Of each pair of annotated classes; positive where the second of them wins."""
        found = np.reshape(self._model.decision_function(features), (len(features), -1))
        signs = 1.0 if found.shape[1] == 1 else -1.0  # scikit-learn's are positive for the first class of many
        return np.asarray(signs * found.T + self.shifts[:, None])

    def predict(self, features: Float[np.ndarray, "point feature"]) -> Int[np.ndarray, " point"]:
        """The class that wins most of its pairs; of equal ones the first."""
        second = self.decision_values(features) > 0
        classes = self._model.classes_
        votes = np.zeros((len(classes), len(features)), dtype=np.int64)
        for pair, (a, b) in enumerate(combinations(range(len(classes)), 2)):
            votes[b] += second[pair]
            votes[a] += ~second[pair]
        return np.asarray(classes[votes.argmax(axis=0)])

    def probabilities(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """Refused: an SVM has no probabilities (the paper rules out Platt scaling, supplement B.2)."""
        raise TypeError(f"an SVM has no class probabilities for {len(features)} points")

    def soft_predictions(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """Soft votes."""
        all_pairs = list(combinations(range(self._n_classes), 2))
        decisions = np.full((len(all_pairs), len(features)), np.nan)
        fitted = [all_pairs.index(pair) for pair in combinations(self._model.classes_, 2)]
        decisions[fitted] = self.decision_values(features)
        return soft_votes(decisions, self._n_classes)

    def boundary_distances(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, " point"]:
        """The smallest absolute decision value among the pairs of classes that the predicted class is in.

        (scikit-learn's one-against-rest values of more than two classes count votes; they vanish at no boundary.)
        """
        decisions = np.abs(self.decision_values(features))
        predicted = np.searchsorted(self._model.classes_, self.predict(features))
        pairs = np.array(list(combinations(range(len(self._model.classes_)), 2)))
        involved = (pairs[:, None, :] == predicted[None, :, None]).any(axis=2)
        return np.asarray(np.where(involved, decisions, np.inf).min(axis=0))

    def represent(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point feature"]:
        """The features themselves (supplement B.2)."""
        return features
