"""Any classifier of scikit-learn, or of its interface, as task model."""

import inspect
from contextlib import suppress
from dataclasses import dataclass, field, make_dataclass
from functools import cache
from typing import Any, final

import numpy as np
from jaxtyping import Float, Int

from npal_cli.classifiers.base import Ability, Classifier, FitServices
from npal_cli.errors import UsageError
from npal_cli.plugins import load


@dataclass(frozen=True)
class ScikitOptions:
    """What an estimator is made with."""

    estimator: str = ""
    """Its import path."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """By name; what is not named has the estimator's default, but ``random_state``, which is 0."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by import path: the class is made for an estimator, and has no name of its own."""
        return _restored, (self.estimator, self.parameters)


@final
@dataclass(frozen=True)
class ScikitKind:
    """A class of estimators, named by its import path.

    It must take ``sample_weight`` in ``fit``, and have ``predict_proba`` or ``decision_function``. The strategies that
    refit it do so one fit at a time, spread over processes.
    """

    path: str
    """As in ``sklearn.ensemble.HistGradientBoostingClassifier``."""

    @property
    def name(self) -> str:
        """The last part of the path: in file names."""
        return self.path.replace(":", ".").rpartition(".")[2]

    @property
    def label(self) -> str:
        """The name."""
        return self.name

    @property
    def Options(self) -> type[ScikitOptions]:  # noqa: N802  # it is a class
        """Its section of ``params.yaml``: the parameters. Artifacts record the import path too."""
        return _options(self.path)

    @property
    def abilities(self) -> frozenset[Ability]:
        """Probabilities where the estimator has any without parameters; each fit is made anew."""
        return self.abilities_with({})

    def abilities_with(self, parameters: dict[str, Any]) -> frozenset[Ability]:
        """What the estimator can do with some parameters, which may decide whether it has probabilities."""
        kind = self.estimator
        with suppress(TypeError):  # if it cannot be made without some, the class says it
            kind = kind(**parameters)
        found: tuple[Ability, ...] = ("refits", "boundaries")
        return frozenset((*found, "probabilities") if hasattr(kind, "predict_proba") else found)

    @property
    def estimator(self) -> Any:
        """The class of the estimators.

        Raises:
            UsageError: if there is none, or it lacks what a task model needs.
        """
        kind = load(self.path, "classifier")
        if not (isinstance(kind, type) and hasattr(kind, "fit") and hasattr(kind, "predict")):
            raise UsageError(f"classifier {self.path!r}: no class with fit and predict, as scikit-learn's have")
        if not (hasattr(kind, "predict_proba") or hasattr(kind, "decision_function")):
            raise UsageError(f"classifier {self.path!r} has neither predict_proba nor decision_function")
        if "sample_weight" not in inspect.signature(kind.fit).parameters:
            raise UsageError(f"classifier {self.path!r}: its fit takes no sample_weight, which class weights need")
        return kind

    def make(
        self,
        options: ScikitOptions,
        services: FitServices | None = None,  # noqa: ARG002  # needs none
    ) -> Classifier:
        """With the estimator's parameters.

        Raises:
            UsageError: if it has no such parameter.
        """
        known = inspect.signature(self.estimator).parameters
        unknown = [name for name in options.parameters if name not in known]
        if unknown:
            expected = ", ".join(known)
            raise UsageError(f"classifier {self.path!r} has no parameter {unknown[0]!r}: expected some of {expected}")
        return ScikitClassifier(self, dict(options.parameters))


@cache
def _options(path: str) -> type[ScikitOptions]:
    field_of_path = [("estimator", str, path)]
    return make_dataclass("ScikitOptions", field_of_path, bases=(ScikitOptions,), frozen=True)


def _restored(path: str, parameters: dict[str, Any]) -> ScikitOptions:
    return _options(path)(parameters=parameters)


@final
class ScikitClassifier:
    """An estimator that is made and fitted anew at each fit.

    >>> classifier = ScikitKind("sklearn.tree.DecisionTreeClassifier").make(ScikitOptions(parameters={"max_depth": 2}))
    >>> features, labels = np.array([[-1.0], [-0.5], [0.5], [1.0]]), np.array([0, 0, 1, 1])
    >>> classifier.fit(features, labels, np.ones(2)).predict(np.array([[-2.0], [2.0]])).tolist()
    [0, 1]
    """

    def __init__(self, kind: ScikitKind, parameters: dict[str, Any]) -> None:
        self._kind = kind
        self._parameters = parameters

    @property
    def name(self) -> str:
        """The name of the estimator's class."""
        return self._kind.name

    @property
    def abilities(self) -> frozenset[Ability]:
        """Those of the estimator with its parameters."""
        return self._kind.abilities_with(self._parameters)

    def fit(
        self,
        features: Float[np.ndarray, "point feature"],
        labels: Int[np.ndarray, " point"],
        class_weights: Float[np.ndarray, " class"],
    ) -> "FittedScikit":
        """See :meth:`npal_cli.classifiers.base.Classifier.fit`."""
        if len(np.unique(labels)) < 2:
            raise ValueError("a classifier needs two classes")
        kind = self._kind.estimator
        drawn = {"random_state": 0} if "random_state" in inspect.signature(kind).parameters else {}
        model = kind(**{**drawn, **self._parameters})
        model.fit(features, labels, sample_weight=class_weights[labels])
        return FittedScikit(model, len(class_weights))


@final
class FittedScikit:
    """A fitted estimator."""

    def __init__(self, model: Any, n_classes: int) -> None:
        self._model = model
        self._n_classes = n_classes

    def predict(self, features: Float[np.ndarray, "point feature"]) -> Int[np.ndarray, " point"]:
        """The class of each point."""
        return np.asarray(self._model.predict(features), dtype=np.int64)

    def probabilities(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """Class probabilities of each point; 0 for classes not seen in the fit.

        Raises:
            TypeError: if the estimator has none.
        """
        if not hasattr(self._model, "predict_proba"):
            raise TypeError(f"{type(self._model).__name__} has no class probabilities")
        return self._of_all_classes(self._model.predict_proba(features), 0.0)

    def soft_predictions(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """The probabilities, or the softmax of the decision values."""
        from scipy.special import softmax

        if hasattr(self._model, "predict_proba"):
            return self.probabilities(features)
        return np.asarray(softmax(self._decisions(features), axis=1))

    def boundary_distances(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, " point"]:
        """The difference between the two largest decision values, or probabilities where it has no such."""
        if hasattr(self._model, "decision_function"):
            values = self._decisions(features)
        else:
            values = self.probabilities(features)
        ordered = np.sort(values, axis=1)
        return np.asarray(ordered[:, -1] - ordered[:, -2])

    def represent(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point feature"]:
        """The features themselves."""
        return features

    def _decisions(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """A decision value for each class, minus infinity for those not seen; 0 for the first of two."""
        found = np.asarray(self._model.decision_function(features), dtype=np.float64)
        if found.ndim == 1:
            found = np.column_stack([np.zeros(len(found)), found])
        elif found.shape[1] != len(self._model.classes_):
            raise TypeError(f"{type(self._model).__name__}: decision values of pairs of classes; expected one a class")
        return self._of_all_classes(found, -np.inf)

    def _of_all_classes(self, values: Any, unseen: float) -> Float[np.ndarray, "point class"]:
        result = np.full((len(values), self._n_classes), unseen)
        result[:, self._model.classes_] = values
        return result
