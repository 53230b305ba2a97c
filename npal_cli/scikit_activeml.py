"""Our strategies as those of scikit-activeml (optional extra ``skactiveml``).

>>> import numpy as np
>>> from skactiveml.classifier import SklearnClassifier
>>> from sklearn.linear_model import LogisticRegression
>>> X = np.random.default_rng(0).normal(size=(40, 2))
>>> y = np.where(np.arange(40) < 10, X[:, 0] > 0, np.nan)
>>> ours = NpalQueryStrategy("margin", random_state=0)
>>> len(ours.query(X, y, clf=SklearnClassifier(LogisticRegression(), classes=[0, 1]), batch_size=2))
2
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from skactiveml.base import SingleAnnotatorPoolQueryStrategy, SkactivemlClassifier
from skactiveml.utils import MISSING_LABEL, check_equal_missing_label, check_type, is_unlabeled, simple_batch
from sklearn.base import clone

from npal_cli.api.query import QuerySetup
from npal_cli.api.rows import problem_of, weights_of
from npal_cli.classifiers.base import Ability
from npal_cli.params import params_of
from npal_cli.problems.problem import HIDDEN
from npal_cli.randomness import Run


class NpalQueryStrategy(SingleAnnotatorPoolQueryStrategy):  # type: ignore[misc]  # scikit-activeml has no types
    """Any strategy of ours, with the task model that is given.

    Features are taken as they are. Until labels of two classes are known there is nothing to choose by: rows are then
    chosen at random.

    Args:
        strategy: Its name, or an import path.
        objective: What is to be improved.
        class_weight: What each class weighs: None, ``"balanced"`` or a mapping.
        params: What differs from the defaults of ``params.yaml``.
        missing_label: Stands for a label that is not known.
        random_state: Seeds every draw.
    """

    def __init__(
        self,
        strategy: str = "blend",
        objective: Any = "accuracy",
        class_weight: Any = None,
        params: Any = None,
        missing_label: Any = MISSING_LABEL,
        random_state: Any = None,
    ) -> None:
        super().__init__(missing_label=missing_label, random_state=random_state)
        self.strategy = strategy
        self.objective = objective
        self.class_weight = class_weight
        self.params = params

    def query(
        self,
        X: Any,
        y: Any,
        clf: SkactivemlClassifier,
        fit_clf: bool = True,  # noqa: FBT001, FBT002  # as all of theirs
        candidates: Any = None,
        batch_size: int = 1,
        return_utilities: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        """The rows to label next, and with ``return_utilities`` what each row is worth, (batch, row).

        Raises:
            TypeError: if ``clf`` is no classifier of scikit-activeml's.
            MappingError: if candidates are given as features.
        """
        X, y, candidates, batch_size, return_utilities = self._validate_data(
            X, y, candidates, batch_size, return_utilities, reset=True
        )
        _, mapping = self._transform_candidates(candidates, X, y, enforce_mapping=True, allow_only_unlabeled=True)
        check_type(clf, "clf", SkactivemlClassifier)
        check_type(fit_clf, "fit_clf", bool)
        check_equal_missing_label(clf.missing_label, self.missing_label_)
        unlabelled = is_unlabeled(y, missing_label=self.missing_label_)
        classes = np.asarray(clf.classes if clf.classes is not None else np.unique(y[~unlabelled]))
        codes = np.full(len(y), HIDDEN, dtype=np.int64)
        codes[~unlabelled] = np.searchsorted(classes, y[~unlabelled])
        annotated = np.flatnonzero(~unlabelled)
        utilities = np.full((batch_size, len(X)), np.nan)
        seed = int(self.random_state_.randint(2**31 - 1))
        if len(np.unique(codes[annotated])) < 2:
            utilities[:, mapping] = 0
            found = simple_batch(utilities[0], self.random_state_, batch_size=batch_size, return_utilities=True)
            return found if return_utilities else found[0]
        weights = weights_of(self.class_weight, classes, codes[annotated])
        problem = problem_of(np.asarray(X, dtype=np.float64), codes, annotated, weights, Run(seed, seed))
        task_model = TheirClassifier(clf, classes)
        fitted = None if fit_clf else FittedTheirs(clf, classes)
        setup = QuerySetup(self.strategy, task_model, self.objective, params_of(dict(self.params or {})))
        choice = setup.choose(problem, batch_size, among=mapping, fitted=fitted)
        chosen = problem.pool[choice.chosen]
        scores = np.full(len(X), np.nan)
        scores[problem.pool] = choice.scores
        utilities[:, mapping] = scores[mapping]
        for later in range(1, batch_size):
            utilities[later, chosen[:later]] = np.nan
        return (chosen, utilities) if return_utilities else chosen


class TheirClassifier:
    """A classifier of scikit-activeml as task model: cloned at each fit, so that the given one stays as it is."""

    name = "scikit_activeml"
    abilities: frozenset[Ability] = frozenset(("probabilities", "boundaries", "refits"))

    def __init__(self, clf: SkactivemlClassifier, classes: np.ndarray) -> None:
        self._clf = clf
        self._classes = classes

    def fit(
        self,
        features: Float[np.ndarray, "point feature"],
        labels: Int[np.ndarray, " point"],
        class_weights: Float[np.ndarray, " class"],
    ) -> "FittedTheirs":
        """See :meth:`npal_cli.classifiers.base.Classifier.fit`."""
        missing = np.nan if np.issubdtype(self._classes.dtype, np.number) else None  # none is: but it must fit the kind
        model = clone(self._clf).set_params(classes=self._classes.tolist(), missing_label=missing)
        weighted = {"sample_weight": class_weights[labels]} if np.ptp(class_weights) > 0 else {}
        return FittedTheirs(model.fit(features, self._classes[labels], **weighted), self._classes)


class FittedTheirs:
    """A fitted classifier of scikit-activeml."""

    def __init__(self, clf: SkactivemlClassifier, classes: np.ndarray) -> None:
        self._clf = clf
        self._classes = classes

    def predict(self, features: Float[np.ndarray, "point feature"]) -> Int[np.ndarray, " point"]:
        """The class of each point."""
        return np.asarray(self.probabilities(features).argmax(axis=1), dtype=np.int64)

    def probabilities(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """Class probabilities of each point."""
        return np.asarray(self._clf.predict_proba(features), dtype=np.float64)

    def soft_predictions(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """The probabilities."""
        return self.probabilities(features)

    def boundary_distances(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, " point"]:
        """The difference between the two largest probabilities."""
        ordered = np.sort(self.probabilities(features), axis=1)
        return np.asarray(ordered[:, -1] - ordered[:, -2])

    def represent(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point feature"]:
        """The features themselves."""
        return features
