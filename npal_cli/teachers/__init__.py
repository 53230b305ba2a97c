"""Teachers: flexible models of p(y given x), fitted to the known labels, that say where the task model may be wrong.

The task model is the user's, often a simple one. A teacher is not bound by that: it may be whatever predicts the labels
best, as long as its probabilities can be believed. All models are scikit-learn's, or have its interface; the two that
teach by default are compiled or solved for a few hundred points, up to thirty times faster.
"""

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Gt, Interval, MinLen
from jaxtyping import Float, Int

from npal_cli.errors import UsageError
from npal_cli.plugins import is_import_path, load
from npal_cli.randomness import draw_seed

Features = Float[np.ndarray, "point feature"]
Labels = Int[np.ndarray, " point"]
Probabilities = Float[np.ndarray, "point class"]
Model = Any
"""A classifier of scikit-learn's, before or after its fit."""


@dataclass(frozen=True)
class TeacherOptions:
    """What teaches."""

    models: Annotated[tuple[str, ...], MinLen(1)] = ("kernel_logistic", "extra_trees")
    """Names (:data:`MODELS`), or import paths of classifiers; of several, what is believed is their mixture."""
    mixed: Literal["equally", "out_of_fold"] = "equally"
    """``out_of_fold``: with the weights that predict the known labels best out of fold; takes six times as long."""
    folds: Annotated[int, Interval(ge=2, le=1_000)] = 5
    """Folds of the known labels, for what is learned out of fold."""
    calibrated: bool = False
    """Whether each model's probabilities are corrected by a sigmoid of what it predicts out of fold (Platt, 1999)."""
    penalty: Annotated[float, Gt(0)] = 0.1
    """Of ``kernel_logistic``, on half its squared norm."""
    trees: Annotated[int, Interval(ge=1, le=10_000)] = 100
    """Of ``extra_trees``."""
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of classifiers named by import path, by that path."""

    def __post_init__(self) -> None:
        """Refuse a model that is neither known nor an import path, and parameters of one that is not named.

        Raises:
            ValueError: naming it.
        """
        for name in self.models:
            if name not in MODELS and not is_import_path(name):
                raise ValueError(
                    f"model {name!r}: expected some of {', '.join(MODELS)}, or import paths of classifiers"
                )
        for name in self.parameters:
            if name not in self.models or name in MODELS:
                raise ValueError(f"parameters of {name!r}: expected those of models named by import path")


class Teacher:
    """What is believed of the classes: the weighted mean of its models' probabilities."""

    def __init__(self, models: Sequence[Model], weights: Float[np.ndarray, " model"], known: Labels) -> None:
        self.weights = weights
        self._models = models
        self._known = known

    def probabilities(self, features: Features) -> Probabilities:
        """Class probabilities; never 0, as if one more point had been known that is a bit of every class."""
        return self.mixture(self.by_model(features))

    def by_model(self, features: Features) -> Float[np.ndarray, "model point class"]:
        """What each model says."""
        return np.stack([_probabilities(model, features, len(self._known)) for model in self._models])

    def mixture(self, found: Float[np.ndarray, "model point class"]) -> Probabilities:
        """What is believed where the models say this: see :meth:`probabilities`."""
        n_classes, total = len(self._known), self._known.sum()
        mean = sum(weight * each for weight, each in zip(self.weights, found, strict=True))
        return np.asarray((total * mean + (self._known + 1) / (total + n_classes)) / (total + 1))


def teach(
    features: Features, labels: Labels, n_classes: int, options: TeacherOptions, draws: np.random.Generator
) -> Teacher:
    """Fit a teacher to known labels.

    >>> x = np.random.default_rng(0).normal(size=(60, 2))
    >>> teacher = teach(x, (x[:, 0] * x[:, 1] > 0).astype(int), 2, TeacherOptions(), np.random.default_rng(1))
    >>> teacher.probabilities(np.array([[1.0, 1.0], [1.0, -1.0]])).argmax(axis=1).tolist()
    [1, 0]
    """
    seed = draw_seed(draws)
    known = np.bincount(labels, minlength=n_classes)
    folds = min(options.folds, int(known[known > 0].min()))
    weights = np.ones(len(options.models)) / len(options.models)
    if options.mixed == "out_of_fold" and len(options.models) > 1 and folds > 1:
        weights = mixture_weights(_out_of_fold(features, labels, n_classes, options, folds, seed))
    models = [_fit(_model(name, options, folds, seed), features, labels) for name in options.models]
    return Teacher(models, weights, known)


def mixture_weights(likelihoods: Float[np.ndarray, "point model"]) -> Float[np.ndarray, " model"]:
    """The weights under which a mixture makes what was seen most likely, each model seen to be right once before.

    By expectation and maximisation; ``likelihoods`` are of the true class, out of fold. Source: stacked density
    estimation (Smyth and Wolpert, 1999).

    >>> mixture_weights(np.array([[0.9, 0.5], [0.8, 0.4], [0.9, 0.5]])).round(2).tolist()
    [0.68, 0.32]
    """
    points, models = likelihoods.shape
    weights = np.ones(models) / models
    for _ in range(100):
        shares = weights * likelihoods
        shares /= shares.sum(axis=1, keepdims=True)
        weights = (shares.sum(axis=0) + 1) / (points + models)
    return weights


def _out_of_fold(
    features: Features, labels: Labels, n_classes: int, options: TeacherOptions, folds: int, seed: int
) -> Float[np.ndarray, "point model"]:
    """The probability that each model gives the true class of each point, fitted without its fold."""
    from sklearn.model_selection import StratifiedKFold

    likelihoods = np.empty((len(labels), len(options.models)))
    for fitted_on, left_out in StratifiedKFold(folds, shuffle=True, random_state=seed).split(features, labels):
        for i, name in enumerate(options.models):
            model = _fit(_model(name, options, folds - 1, seed), features[fitted_on], labels[fitted_on])
            found = Teacher([model], np.ones(1), np.bincount(labels[fitted_on], minlength=n_classes))
            likelihoods[left_out, i] = found.probabilities(features[left_out])[
                np.arange(len(left_out)), labels[left_out]
            ]
    return likelihoods


def _model(name: str, options: TeacherOptions, folds: int, seed: int) -> Callable[[Features], Model]:
    """How a model is made for features, before its fit."""

    def make(features: Features) -> Model:
        model = MAKERS[name](features, options, seed) if name in MODELS else _imported(name, options, seed)
        calibrated = options.calibrated or not hasattr(model, "predict_proba")
        if not calibrated or folds < 2:
            return model
        from sklearn.calibration import CalibratedClassifierCV

        return CalibratedClassifierCV(model, method="sigmoid", cv=folds, ensemble=False)

    return make


def _fit(make: Callable[[Features], Model], features: Features, labels: Labels) -> Model:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a kernel's width at its bound is as good as any
        return make(features).fit(features, labels)


def _probabilities(model: Model, features: Features, n_classes: int) -> Probabilities:
    if not hasattr(model, "predict_proba"):
        raise UsageError(
            f"teacher {type(model).__name__} has no probabilities, and there are too few known labels to calibrate it"
        )
    result = np.zeros((len(features), n_classes))
    result[:, model.classes_] = model.predict_proba(features)
    return result


def _kernel_logistic(_features: Features, options: TeacherOptions, _seed: int) -> Model:
    from npal_cli.teachers.kernel_logistic import KernelLogistic

    return KernelLogistic(options.penalty)


def _gaussian_process(features: Features, _options: TeacherOptions, seed: int) -> Model:
    from sklearn.gaussian_process import GaussianProcessClassifier
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel

    width = RBF((_median_square(features) / 2) ** 0.5)
    return GaussianProcessClassifier(ConstantKernel(4.0) * width, random_state=seed)


def _extra_trees(_features: Features, options: TeacherOptions, seed: int) -> Model:
    from npal_cli.teachers.extra_trees import ExtraTrees

    return ExtraTrees(options.trees, seed)


def _gradient_boosting(_features: Features, _options: TeacherOptions, seed: int) -> Model:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=60, min_samples_leaf=5, early_stopping=False, random_state=seed)


def _imported(path: str, options: TeacherOptions, seed: int) -> Model:
    """A classifier of an import path, with its parameters; without probabilities it is to be calibrated.

    Raises:
        UsageError: if it is no classifier, or has no such parameter.
    """
    kind = load(path, "teacher")
    if not (isinstance(kind, type) and hasattr(kind, "fit") and hasattr(kind, "predict")):
        raise UsageError(f"teacher {path!r}: no class with fit and predict, as scikit-learn's have")
    drawn = {"random_state": seed} if "random_state" in inspect.signature(kind).parameters else {}
    try:
        return kind(**{**drawn, **options.parameters.get(path, {})})
    except TypeError as error:
        raise UsageError(f"teacher {path!r}: {error}") from error


MAKERS: dict[str, Callable[[Features, TeacherOptions, int], Model]] = {
    "kernel_logistic": _kernel_logistic,
    "gaussian_process": _gaussian_process,
    "extra_trees": _extra_trees,
    "gradient_boosting": _gradient_boosting,
}
MODELS = tuple(MAKERS)
"""The names of the models that are known here."""


def _median_square(features: Features) -> float:
    """The median squared distance of two points; 1 where most are equal."""
    from scipy.spatial.distance import pdist

    return float(np.median(pdist(features, "sqeuclidean"))) or 1.0
