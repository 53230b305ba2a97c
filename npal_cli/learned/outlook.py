"""What more labels will bring: a forecast that was learned once, from what labels brought in drawn problems.

It is told what can be known of a state without a label more: how many labels, how well the task model predicts held-out
ones and how much worse with half of them, what teacher and task model believe of the pool. It says a mean and an
interval; the interval's width was calibrated on problems that nothing was learned from (split conformal prediction,
Papadopoulos et al., 2002, with residuals in units of what the network expects them to be).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from npal_cli.classifiers import Classifier
from npal_cli.guidance.expectations import Beliefs, Expectations
from npal_cli.objectives import Objective
from npal_cli.randomness import stream
from npal_cli.states import AcquisitionState

How = Literal["random", "chosen"]
AHEAD = (10, 20, 50, 100)
"""Labels more, of which a forecast is learned."""
FOLDS = (2, 5)
"""Of cross-validation: with two, the task model has half of the labels."""
PARTS = ("first", "first_bias", "second", "second_bias", "mean", "deviation", "width")

Inputs = Float[np.ndarray, "asked input"]


@dataclass(frozen=True)
class Gain:
    """What labels are forecast to add to the score."""

    mean: float
    low: float
    high: float
    """The 90 % interval's ends."""


@dataclass(frozen=True)
class Outlook:
    """A small network: two outputs, the mean gain and the logarithm of its deviation."""

    arrays: Mapping[str, np.ndarray]
    """By :data:`PARTS`; ``mean`` and ``deviation`` of the inputs, ``width`` of an interval in expected deviations."""

    def gains(self, inputs: Inputs) -> list[Gain]:
        """The forecast for each row of inputs, in units of :func:`unit_of`."""
        parts = self.arrays
        standard = np.clip((inputs - parts["mean"]) / parts["deviation"], -5, 5)
        hidden = np.tanh(standard @ parts["first"] + parts["first_bias"])
        mean, log = (hidden @ parts["second"] + parts["second_bias"]).T
        half = float(parts["width"]) * np.exp(log)
        return [Gain(*map(float, ends)) for ends in zip(mean, mean - half, mean + half, strict=True)]


def survey(expect: Expectations, state: AcquisitionState, belief: Beliefs) -> Float[np.ndarray, " known"]:
    """What is known of a state, whatever is asked about it."""
    objective, weights, n_classes = expect.objective, state.class_weights, len(state.class_weights)
    n, size = state.annotated_features.shape
    p, q = state.classifier.soft_predictions(state.pool_features), belief.probabilities
    counts = np.bincount(state.annotated_labels, minlength=n_classes)
    present = counts[counts > 0]
    unit = unit_of(objective)
    half, most = (out_of_fold(expect.classifier, state, objective, folds) / unit for folds in FOLDS)
    seen = state.classifier.soft_predictions(state.annotated_features)
    targets = np.eye(n_classes)[state.annotated_labels]
    known = [np.log(n), np.log(n_classes), np.log1p(size), np.log(n / size), np.log(present.min())]
    known += [np.log(present.max() / present.min()), (counts == 0).mean(), float(np.ptp(state.training_weights) > 0)]
    known += [np.log(weights.max() / weights.min()), float("probabilities" not in expect.classifier.abilities)]
    known += [float(objective.name == each) for each in ("f1", "cost", "soft_accuracy", "log_loss", "brier")]
    known += [most, most - half, float(objective.of_predictions(seen, targets, weights)) / unit]
    known += [float(objective.of_predictions(p, q, weights)) / unit, (p.argmax(axis=1) == q.argmax(axis=1)).mean()]
    known += [_unsure(p), _unsure(q), belief.disagreement.mean(), expect.errors(state, q).mean() / unit]
    return np.array(known, dtype=np.float64)


def asked(known: Float[np.ndarray, " known"], annotated: int, pool: int, labels: int, how: How) -> np.ndarray:
    """What is known, and what is asked: about how many labels, and who chooses them."""
    question = [np.log(labels), np.log1p(labels / annotated), labels / pool, float(how == "chosen")]
    return np.concatenate([known, question])


def unit_of(objective: Objective) -> float:
    """What scores are in units of: of costs, their mean."""
    if objective.name != "cost":
        return 1.0
    costs = np.array(objective.costs)
    return float(costs[~np.eye(len(costs), dtype=bool)].mean()) or 1.0


def out_of_fold(classifier: Classifier, state: AcquisitionState, objective: Objective, folds: int) -> float:
    """The score on the annotated points, each predicted by a task model that was not fitted to it."""
    features, labels, n_classes = state.annotated_features, state.annotated_labels, len(state.class_weights)
    fold = _folds(labels, folds, stream("outlook", *state.run, state.step, folds))
    believed = np.full((len(labels), n_classes), 1 / n_classes)
    for each in range(folds):
        taught = fold != each
        if len(np.unique(labels[taught])) > 1 and not taught.all():
            fitted = classifier.fit(features[taught], labels[taught], state.training_weights)
            believed[~taught] = fitted.soft_predictions(features[~taught])
    return float(objective.of_predictions(believed, np.eye(n_classes)[labels], state.class_weights))


def _folds(labels: Int[np.ndarray, " point"], folds: int, draws: np.random.Generator) -> Int[np.ndarray, " point"]:
    """A fold for each point; those of a class are spread over all of them."""
    order = draws.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    result = np.empty(len(labels), dtype=np.int64)
    result[order] = np.arange(len(labels)) % folds
    return result


def _unsure(probabilities: Float[np.ndarray, "point class"]) -> float:
    """How far the likeliest class is from certain, on average."""
    return float(1 - probabilities.max(axis=1).mean())
