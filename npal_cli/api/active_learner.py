"""A loop of one's own: rows, some of them labelled, that learn which of them to ask for next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from npal_cli.api.query import QuerySetup
from npal_cli.api.rows import ClassWeight, RowLabels, features_of, problem_of, run_of, weights_of
from npal_cli.classifiers import FittedClassifier
from npal_cli.errors import UsageError
from npal_cli.objectives import Objective
from npal_cli.params import params_of
from npal_cli.problems.problem import Problem


@dataclass(frozen=True)
class Taught:
    """What was taught at once."""

    ids: list[Any]
    labels: list[Any]


class ActiveLearner:
    """Rows that are labelled round by round.

    It can be pickled and copied; ``history`` says what it was taught, in order.

    >>> X = np.random.default_rng(0).normal(size=(80, 2))
    >>> learner = ActiveLearner(X, strategy="margin")
    >>> learner.teach(range(10), X[:10, 0] > 0)
    >>> asked = learner.query(2)
    >>> learner.teach(asked, X[asked, 0] > 0)
    >>> learner.predict_proba().shape, len(learner.history)
    ((80, 2), 2)

    Args:
        X: All rows: an array of numbers, a sparse matrix, or a data frame, whose index then names the rows.
        ids: The name of each row; None for the index of a data frame, else positions.
        classes: All classes there are; None for those that were taught.

    The others are those of :func:`npal_cli.query`.

    Raises:
        ValueError: if a name is unknown, or the rows are not what is expected.
    """

    def __init__(
        self,
        X: Any,
        *,
        ids: Sequence[Any] | None = None,
        classes: Sequence[Any] | None = None,
        strategy: str = "blend",
        classifier: Any = "logistic",
        objective: str | Objective = "accuracy",
        class_weight: ClassWeight = None,
        random_state: int = 0,
        standardise: bool = True,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self._features = features_of(X, standardise=standardise)
        named = ids if ids is not None else getattr(X, "index", range(len(self._features)))
        self._ids = list(named)
        self._positions = {name: i for i, name in enumerate(self._ids)}
        if len(self._ids) != len(self._features):
            raise UsageError(f"ids: {len(self._ids)} names of {len(self._features)} rows; give one a row")
        if len(self._positions) < len(self._ids):
            raise UsageError("ids: two rows have the same name; give each its own")
        self._classes = classes
        self._class_weight = class_weight
        self._run = run_of(random_state)
        self._setup = QuerySetup(strategy, classifier, objective, params_of(dict(params or {})))
        self._labels: dict[int, Any] = {}
        self.history: list[Taught] = []

    @property
    def labels(self) -> dict[Any, Any]:
        """The label of each row that has one, in the order in which they were taught."""
        return {self._ids[row]: label for row, label in self._labels.items()}

    @property
    def classes(self) -> list[Any]:
        """All classes, sorted: the columns of :meth:`predict_proba`."""
        return list(self._row_labels().classes.tolist())

    def teach(self, ids: Sequence[Any], labels: Sequence[Any]) -> None:
        """Tell the labels of rows; a row that has one gets the new one.

        Raises:
            ValueError: if a row is not there, or there is not one label a row; nothing is then taught.
        """
        ids, labels = list(ids), list(np.asarray(labels).tolist())
        if len(ids) != len(labels):
            raise UsageError(f"{len(ids)} rows and {len(labels)} labels; give one label a row")
        rows = [self._position(name) for name in ids]
        taught = {**self._labels, **dict(zip(rows, labels, strict=True))}
        RowLabels.of(list(taught.values()), classes=self._classes)
        self._labels = taught
        self.history.append(Taught(ids, labels))

    def query(self, n: int = 1) -> list[Any]:
        """The names of ``n`` rows to label next, best first.

        What follows the first time it was taught are steps of one run, each with draws of its own.

        Raises:
            ValueError: if fewer than two classes are known, or there is no row to choose.
        """
        problem, step = self._problem(), max(len(self.history), 1)
        choice = self._setup.choose(problem, n, step)
        return [self._ids[row] for row in problem.pool[choice.chosen]]

    def predict(self) -> list[Any]:
        """The class of each row, as the task model predicts it."""
        found = np.asarray(self.classes)[self._fitted().predict(self._features)]
        return list(found.tolist())

    def predict_proba(self) -> Float[np.ndarray, "row class"]:
        """How much the task model believes in each class of each row; soft votes where it has no probabilities."""
        return self._fitted().soft_predictions(self._features)

    def _fitted(self) -> FittedClassifier:
        problem, rows = self._problem(), list(self._labels)
        return self._setup.task_model().fit(problem.features[rows], problem.labels[rows], problem.training_weights)

    def _row_labels(self) -> RowLabels:
        return RowLabels.of(list(self._labels.values()), classes=self._classes)

    def _problem(self) -> Problem:
        known = self._row_labels()
        annotated = np.fromiter(self._labels, dtype=np.int64, count=len(self._labels))
        codes = np.full(len(self._features), -1, dtype=np.int64)
        codes[annotated] = known.codes
        weights = weights_of(self._class_weight, known.classes, known.codes)
        return problem_of(self._features, codes, annotated, weights, self._run)

    def _position(self, name: Any) -> int:
        if name not in self._positions:
            raise UsageError(f"there is no row {name!r}; the first is {self._ids[0]!r}")
        return self._positions[name]
