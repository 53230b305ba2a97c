"""Support vector machine with an RBF kernel (supplement B.2)."""

from itertools import combinations
from typing import final

import numpy as np
from jaxtyping import Float, Int
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
        return FittedSVM(model.fit(features, labels, sample_weight=class_weights[labels]))


@final
class FittedSVM:
    """A fitted support vector machine."""

    def __init__(self, model: SVC) -> None:
        self._model = model

    def predict(self, features: Float[np.ndarray, "point feature"]) -> Int[np.ndarray, " point"]:
        """The class of each point."""
        return np.asarray(self._model.predict(features))

    def probabilities(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """Refused: an SVM has no probabilities (the paper rules out Platt scaling, supplement B.2)."""
        raise TypeError(f"an SVM has no class probabilities for {len(features)} points")

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
