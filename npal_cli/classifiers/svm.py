"""Support vector machine with an RBF kernel (supplement B.2)."""

from itertools import combinations
from typing import final

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit
from sklearn.svm import SVC

from npal_cli.classifiers.base import Ability, ClassifierOptions


@final
class SVM:
    """C-SVC with an RBF kernel whose gamma is 'scale' (1 / (features x variance)) of each training set.

    Solved to a tolerance of 1e-8 (scikit-learn's default is 1e-3), so that its predictions do not depend on the order
    of the points. More than two classes are fitted one against one.

    >>> features, labels = np.array([[-1.0], [-0.5], [0.5], [1.0]]), np.array([0, 0, 1, 1])
    >>> SVM().fit(features, labels, np.ones(2)).predict(np.array([[-2.0], [2.0]])).tolist()
    [0, 1]
    """

    name = "svm"
    abilities: frozenset[Ability] = frozenset(("boundaries", "refits"))

    def __init__(self, options: ClassifierOptions | None = None) -> None:
        self.options = options or ClassifierOptions()

    def fit(
        self,
        features: Float[np.ndarray, "point feature"],
        labels: Int[np.ndarray, " point"],
        class_weights: Float[np.ndarray, " class"],
    ) -> "FittedSVM":
        """See :meth:`npal_cli.classifiers.base.Classifier.fit`."""
        model = SVC(C=self.options.C, kernel="rbf", gamma="scale", tol=1e-8, decision_function_shape="ovo")
        model.fit(features, labels, sample_weight=class_weights[labels])
        return FittedSVM(model, len(class_weights))


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
    """A fitted support vector machine."""

    def __init__(self, model: SVC, n_classes: int) -> None:
        self._model = model
        self._n_classes = n_classes

    def predict(self, features: Float[np.ndarray, "point feature"]) -> Int[np.ndarray, " point"]:
        """The class of each point."""
        return np.asarray(self._model.predict(features))

    def probabilities(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """Refused: an SVM has no probabilities (the paper rules out Platt scaling, supplement B.2)."""
        raise TypeError(f"an SVM has no class probabilities for {len(features)} points")

    def soft_predictions(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """Soft votes."""
        found = np.reshape(self._model.decision_function(features), (len(features), -1))
        signs = 1.0 if found.shape[1] == 1 else -1.0  # scikit-learn's are positive for the first class of many
        all_pairs = list(combinations(range(self._n_classes), 2))
        decisions = np.full((len(all_pairs), len(features)), np.nan)
        decisions[[all_pairs.index(pair) for pair in combinations(self._model.classes_, 2)]] = signs * found.T
        return soft_votes(decisions, self._n_classes)

    def boundary_distances(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, " point"]:
        """The smallest absolute decision value among the pairs of classes that the predicted class is in.

        (scikit-learn's one-against-rest values of more than two classes count votes; they vanish at no boundary.)
        """
        decisions = np.abs(np.asarray(self._model.decision_function(features)).reshape(len(features), -1))
        predicted = np.searchsorted(self._model.classes_, self._model.predict(features))
        pairs = np.array(list(combinations(range(len(self._model.classes_)), 2)))
        involved = (pairs == predicted[:, None, None]).any(axis=2)
        return np.where(involved, decisions, np.inf).min(axis=1)

    def represent(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point feature"]:
        """The features themselves (supplement B.2)."""
        return features
