"""Strategies of scikit-activeml, queried as ours are: ``--strategy skactiveml.pool:ProbabilisticAL``."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from npal_cli.classifiers.base import Classifier
from npal_cli.errors import UsageError
from npal_cli.randomness import draw_seed
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy, others_as_worst
from npal_cli.strategies.services import Services

PACKAGE = "skactiveml."


@dataclass(frozen=True)
class AdaptedOptions:
    """What a strategy of scikit-activeml is made with."""

    parameters: dict[str, Any] = field(default_factory=dict)
    """Of its constructor, by name."""


class AdaptedStrategy(Strategy):
    """A strategy of scikit-activeml, which sees annotated points and pool as rows with and without a label."""

    theirs: ClassVar[Any]
    """Its class."""

    def __init__(self, classifier: Classifier, options: AdaptedOptions | None = None) -> None:
        self._classifier = classifier
        self._options = options or AdaptedOptions()

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """With the task model, which theirs fit by themselves."""
        return cls(services.classifier, services.parameters.options)

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Ask it about each run; points that it gives no utility score as the worst."""
        return [self._query(state, batch_size) for state in states]

    def _query(self, state: AcquisitionState, batch_size: int) -> Choice:
        problem, seed = state.problem, draw_seed(state.random)
        labelled = len(problem.annotated)
        rows = np.concatenate([problem.annotated, problem.pool])
        y = np.where(np.arange(len(rows)) < labelled, problem.labels[rows].astype(np.float64), np.nan)
        open_to = np.ones(len(problem.pool), bool) if state.candidates is None else state.candidates
        strategy = self._strategy(problem.n_classes, seed)
        utilities = strategy.query(
            problem.features[rows],
            y,
            **self._models(state, seed),
            candidates=np.arange(labelled, len(rows)),
            batch_size=1,
            return_utilities=True,
        )[1]
        chosen = strategy.query(
            problem.features[rows],
            y,
            **self._models(state, seed),
            candidates=labelled + np.flatnonzero(open_to),
            batch_size=batch_size,
        )
        scores = np.asarray(utilities, dtype=np.float64)[0, labelled:]
        finite = np.where(np.isfinite(scores), scores, np.nan)
        return Choice(np.asarray(chosen, dtype=np.int64) - labelled, others_as_worst(finite))

    def _strategy(self, n_classes: int, seed: int) -> Any:
        known = inspect.signature(self.theirs).parameters
        given: dict[str, Any] = {"random_state": seed}
        if "classes" in known:
            given["classes"] = list(range(n_classes))
        if "metric" in known and known["metric"].default is None:
            given["metric"] = "rbf"  # else it counts labels by the task model, which has no such counts
        return self.theirs(**given, **self._options.parameters)

    def _models(self, state: AcquisitionState, seed: int) -> dict[str, Any]:
        """What its query needs besides rows and labels."""
        from skactiveml.classifier import SklearnClassifier
        from sklearn.ensemble import RandomForestClassifier

        classes = list(range(state.problem.n_classes))
        task_model = SklearnClassifier(estimator_of(self._classifier, state.training_weights), classes=classes)
        forest = SklearnClassifier(RandomForestClassifier(random_state=seed), classes=classes, random_state=seed)
        known = {"clf": task_model, "estimator": task_model, "discriminator": task_model, "ensemble": forest}
        return {name: known[name] for name in required(self.theirs)}


def required(theirs: Any) -> list[str]:
    """The arguments of its query that must be given, besides rows and labels."""
    parameters = inspect.signature(theirs.query).parameters.values()
    needed = [each.name for each in parameters if each.default is each.empty]
    return [name for name in needed if name not in ("self", "X", "y")]


def is_theirs(kind: object) -> bool:
    """Whether something is a strategy of scikit-activeml, or derived from one."""
    return isinstance(kind, type) and any(each.__module__.startswith(PACKAGE) for each in kind.__mro__)


def adapt(theirs: Any, path: str) -> type[Strategy]:
    """A strategy of scikit-activeml as one of ours.

    Raises:
        UsageError: if it is for regression, or asks for what a task model is not.
    """
    strange = [name for name in required(theirs) if name not in ("clf", "estimator", "discriminator", "ensemble")]
    if strange:
        raise UsageError(f"strategy {path!r}: its query asks for {strange[0]!r}, which no task model here can be")
    name = theirs.__name__
    members = {"name": name, "label": name, "theirs": theirs, "Options": AdaptedOptions, "__doc__": theirs.__doc__}
    return type(name, (AdaptedStrategy,), members)


def estimator_of(classifier: Classifier, class_weights: np.ndarray) -> Any:
    """A task model of ours as an estimator of scikit-learn's, which is fitted with these class weights."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class TaskModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
        def __init__(self, classifier: Classifier = classifier, class_weights: Any = class_weights) -> None:
            self.classifier = classifier
            self.class_weights = class_weights

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: ARG002  # classes have weights
            self.classes_ = np.unique(y).astype(np.int64)
            self.fitted_ = self.classifier.fit(np.asarray(X), np.asarray(y, dtype=np.int64), self.class_weights)
            return self

        def predict(self, X: Any) -> Any:
            return self.fitted_.predict(np.asarray(X))

        def predict_proba(self, X: Any) -> Any:
            return self.fitted_.soft_predictions(np.asarray(X))[:, self.classes_]

    return TaskModel()
