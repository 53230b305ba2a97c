"""What the network is told of a state: numbers that mean the same whatever the table, its columns and its classes.

Lengths are in units of the typical distance, improvements in units of one label's share of the annotated points, and
what only compares is compared with the other candidates. Raw numbers are squashed (``arcsinh``), so that none is large.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from npal_cli.guidance.expectations import Beliefs, Expectations, standardised
from npal_cli.learned.trials import Evaluation, Trials, try_candidates
from npal_cli.objectives import Objective
from npal_cli.objectives.counts import rare
from npal_cli.states import AcquisitionState

Values = Float[np.ndarray, " candidate"]

NEIGHBOURS = 12
"""Annotated points that a candidate attends to: those nearest to it."""
NEAR = 10
"""Pool points whose distance says how dense the pool is."""
BELIEVED, PREDICTED = 1, 9
"""Where the inputs of a class say how likely the teacher thinks it, and whether the task model predicts it."""


@dataclass(frozen=True)
class Inputs:
    """A state as the network sees it; all float32."""

    candidates: Float[np.ndarray, "candidate candidate_input"]
    classes: Float[np.ndarray, "candidate class class_input"]
    """Of each candidate under each class."""
    neighbours: Float[np.ndarray, "candidate neighbour neighbour_input"]
    """Of the annotated points nearest to each candidate; zeros where there are fewer."""
    state: Float[np.ndarray, " state_input"]


@dataclass(frozen=True)
class Described:
    """A state's inputs, and what they were made from."""

    inputs: Inputs
    trials: Trials
    errors: Values
    """The expected error of each candidate."""
    gains: Values
    """The expected improvement of each candidate, in the objective."""


def describe(
    expect: Expectations,
    states: Sequence[AcquisitionState],
    beliefs: Sequence[Beliefs],
    truths: Sequence[Evaluation] | None = None,
) -> list[Described]:
    """Describe the candidates of each state; with points of known truth, their trials say the true improvements."""
    trials = try_candidates(expect, states, beliefs, truths)
    return [_described(expect, *parts) for parts in zip(states, beliefs, trials, strict=True)]


def _described(expect: Expectations, state: AcquisitionState, belief: Beliefs, trials: Trials) -> Described:
    tried = trials.tried
    n = len(state.annotated_labels)
    n_classes = len(state.class_weights)
    p = state.classifier.soft_predictions(state.pool_features)
    q = belief.probabilities
    predicted = p.argmax(axis=1)[tried]
    stakes = _stakes(expect.objective, state)
    counted = _counted(expect.objective, state)
    errors = expect.errors(state, q)
    gains = (q[tried] * trials.hard).sum(axis=1)
    soft = (q[tried] * trials.soft).sum(axis=1)
    space = _Space(state, trials)
    top, second = np.sort(p[tried], axis=1)[:, :-3:-1].T
    believed, doubted = np.sort(q[tried], axis=1)[:, :-3:-1].T
    here = q[tried, predicted]
    spread = np.sqrt((q[tried] * (trials.hard - gains[:, None]) ** 2).sum(axis=1))
    moved, flipped = ((q[tried] * each).sum(axis=1) for each in (trials.moved, trials.flipped))
    margin = np.log(np.maximum(top, 1e-6) / np.maximum(second, 1e-6))

    columns = [top, second, _entropy(p[tried]), *_compared(-margin), here, believed, doubted, _entropy(q[tried])]
    columns += [_divergence(q[tried], p[tried]), *_compared(belief.disagreement[tried]), *_compared(errors[tried])]
    columns += [np.arcsinh(space.leverage), standardised(space.leverage)]
    for each in (gains, soft):
        columns += [np.arcsinh(n * each), standardised(each), _ranks(each)]
    columns += [standardised(each) for each in (trials.hard.min(axis=1), trials.hard.max(axis=1), spread)]
    columns += [np.arcsinh(n * spread), *_compared(space.nearest), *_compared(space.sparse), *_compared(space.covers)]
    columns += [stakes[predicted], q[tried] @ stakes, q[tried] @ counted]
    columns += [np.arcsinh(n * moved), standardised(moved), np.arcsinh(n * flipped), standardised(flipped)]

    counts = np.bincount(state.annotated_labels, minlength=n_classes)
    shares = [np.bincount(p.argmax(axis=1), minlength=n_classes) / len(p), q.mean(axis=0)]
    constant = [stakes, state.training_weights / state.training_weights.mean(), counted, np.log1p(counts), *shares]
    of_class = [p[tried], q[tried], *(np.broadcast_to(each, (len(tried), n_classes)) for each in constant)]
    of_class += [np.arcsinh(space.to_class), (np.arange(n_classes) == predicted[:, None]).astype(float)]
    for each in (trials.hard, trials.soft):
        of_class += [np.arcsinh(n * each), standardised(each)]

    agree = (p.argmax(axis=1) == q.argmax(axis=1)).mean()
    fitted = (state.classifier.predict(state.annotated_features) == state.annotated_labels).mean()
    present = counts[counts > 0]
    about = [np.log(n), np.log(len(p)), np.log1p(len(state.reward_labels)), np.log(n_classes), (counts == 0).mean()]
    about += [
        np.log1p(space.size),
        np.log(n / space.size),
        np.log(present.min()),
        np.log(present.max() / present.min()),
    ]
    about += [np.log(stakes.max() / stakes.min()), float(np.ptp(state.training_weights) > 0), agree, fitted]
    about += [_entropy(p).mean(), _entropy(q).mean(), belief.disagreement.mean(), errors.mean(), len(tried) / len(p)]
    about += [np.arcsinh(n * gains.std()), np.arcsinh(n * soft.std()), np.arcsinh(n * gains.max())]
    about += [float("probabilities" not in expect.classifier.abilities), *_kind(expect.objective)]
    inputs = Inputs(
        np.column_stack(columns).astype(np.float32),
        np.stack(of_class, axis=2).astype(np.float32),
        space.neighbours(q[tried], predicted).astype(np.float32),
        np.array(about, dtype=np.float32),
    )
    return Described(inputs, trials, errors[tried], gains)


class _Space:
    """Where candidates are, among the annotated points and the pool."""

    def __init__(self, state: AcquisitionState, trials: Trials) -> None:
        known, self._labels = state.annotated_features, state.annotated_labels
        candidates, seen = state.pool_features[trials.tried], state.pool_features[trials.seen]
        self.size = known.shape[1]
        between = cdist(candidates, seen)
        typical = float(np.median(between)) or 1.0
        self._away = cdist(candidates, known) / typical
        between /= typical
        self.nearest = self._away.min(axis=1)
        near = min(NEAR + 1, between.shape[1])  # the candidate itself may be seen
        self.sparse = np.partition(between, near - 1, axis=1)[:, :near].mean(axis=1)
        uncovered = cdist(seen, known).min(axis=1) / typical
        self.covers = np.maximum(uncovered - between, 0).mean(axis=1) / (uncovered.mean() or 1.0) * len(known)
        farthest = float(self._away.max()) if self._away.size else 1.0
        self.to_class = np.full((len(candidates), len(state.class_weights)), 2 * farthest)
        for each in np.unique(self._labels):
            self.to_class[:, each] = self._away[:, self._labels == each].min(axis=1)
        centre = known.mean(axis=0)
        self.leverage = _leverage(known - centre, candidates - centre)
        self._believed = state.classifier.soft_predictions(known)[np.arange(len(known)), self._labels]
        self._weights = state.training_weights / state.training_weights.mean()

    def neighbours(
        self, q: Float[np.ndarray, "candidate class"], predicted: Int[np.ndarray, " candidate"]
    ) -> Float[np.ndarray, "candidate neighbour neighbour_input"]:
        """The annotated points nearest to each candidate, nearest first."""
        size = min(NEIGHBOURS, self._away.shape[1])
        nearest = np.argsort(self._away, axis=1, kind="stable")[:, :size]
        labels = self._labels[nearest]
        columns = [np.ones(nearest.shape), np.arcsinh(np.take_along_axis(self._away, nearest, axis=1))]
        columns += [labels == predicted[:, None], np.take_along_axis(q, labels, axis=1)]
        columns += [self._believed[nearest], self._weights[labels]]
        result = np.zeros((len(q), NEIGHBOURS, len(columns)))
        result[:, :size] = np.stack([np.asarray(each, dtype=float) for each in columns], axis=2)
        return result


def _leverage(known: Float[np.ndarray, "annotated feature"], points: Float[np.ndarray, "point feature"]) -> Values:
    """``x' (X'X + 1)^-1 x``, solved in the smaller space."""
    if known.shape[1] <= len(known):
        gram = known.T @ known + np.eye(known.shape[1])
        return np.asarray((points * np.linalg.solve(gram, points.T).T).sum(axis=1))
    cross = points @ known.T
    dual = np.linalg.solve(known @ known.T + np.eye(len(known)), cross.T).T
    return np.asarray((points**2).sum(axis=1) - (cross * dual).sum(axis=1))


def _stakes(objective: Objective, state: AcquisitionState) -> Float[np.ndarray, " class"]:
    """What an error on a point of each class costs, on average 1."""
    n_classes = len(state.class_weights)
    if objective.name == "cost":
        stakes = np.array(objective.costs).sum(axis=1) / (n_classes - 1)
    elif objective.name == "balanced_accuracy":
        shares = np.bincount(state.annotated_labels, minlength=n_classes) + 1.0
        stakes = 1 / shares
    else:
        stakes = state.class_weights
    return np.asarray(np.maximum(stakes / stakes.mean(), 1e-3))


def _counted(objective: Objective, state: AcquisitionState) -> Float[np.ndarray, " class"]:
    """Which classes the objective is about: all, but those of F1."""
    if objective.name != "f1":
        return np.ones(len(state.class_weights))
    chosen = rare(state.class_weights) if objective.classes is None else objective.classes
    result = np.zeros(len(state.class_weights))
    result[np.asarray(chosen)] = 1
    return result


def _kind(objective: Objective) -> list[float]:
    """Whether it is F1, costs, soft."""
    return [float(objective.name == "f1"), float(objective.name == "cost"), float(objective.is_soft)]


def _compared(values: Values) -> list[Values]:
    """Values as they are, beside the others, and in their order."""
    return [np.arcsinh(values), standardised(values), _ranks(values)]


def _ranks(values: Values) -> Values:
    """Between -1 and 1; equal values have equal ranks."""
    return np.asarray((2 * rankdata(values) - 1) / len(values) - 1)


def _entropy(probabilities: Float[np.ndarray, "point class"]) -> Values:
    """In units of what is largest."""
    p = np.maximum(probabilities, 1e-12)
    return np.asarray(-(p * np.log(p)).sum(axis=1) / np.log(p.shape[1]))


def _divergence(q: Float[np.ndarray, "point class"], p: Float[np.ndarray, "point class"]) -> Values:
    """Of what the task model believes from what the teacher does: Kullback and Leibler's, in nats."""
    p, q = np.maximum(p, 1e-3), np.maximum(q, 1e-3)
    return np.asarray((q * np.log(q / p)).sum(axis=1))
