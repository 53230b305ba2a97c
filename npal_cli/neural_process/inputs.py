"""What a network can be told of pool points besides their features, by a problem's own task model and teacher."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from sklearn.metrics import pairwise_distances

from npal_cli.guidance.expectations import ClassProbabilities, Expectations, standardised
from npal_cli.neural_process.options import InputName
from npal_cli.states import AcquisitionState

Inputs = Float[np.ndarray, "_pool input"]


def inputs_of(
    states: Sequence[AcquisitionState],
    names: Sequence[InputName],
    expect: Expectations,
    probabilities: Sequence[ClassProbabilities] | None,
) -> list[Inputs]:
    """The inputs ``names`` of the pool points of each state, side by side; the features themselves are not repeated.

    Those that differ in scale between problems are standardised over the pool. With ``improvements`` the rows of points
    that are not tried are NaN. Some need the ``probabilities`` of a teacher.
    """
    probabilities = probabilities or []
    columns: list[list[np.ndarray]] = [[np.empty((len(state.pool_features), 0))] for state in states]
    found = expect.improvements(states, probabilities) if "improvements" in names else []
    for i, (state, parts) in enumerate(zip(states, columns, strict=True)):
        parts += [make(state) for name, make in OF_STATE.items() if name in names]
        if "teacher" in names:
            parts.append(probabilities[i])
        if "expected_error" in names:
            parts.append(standardised(expect.errors(state, probabilities[i]))[:, None])
        if "improvements" in names:
            parts.append(_improvements(found[i], probabilities[i]))
    return [np.concatenate(parts, axis=1) for parts in columns]


def _probabilities(state: AcquisitionState) -> Inputs:
    """How much the task model believes in each class."""
    return state.classifier.soft_predictions(state.pool_features)


def _margin(state: AcquisitionState) -> Inputs:
    """How far, in decision value, a point is from the nearest boundary."""
    return state.classifier.boundary_distances(state.pool_features)[:, None]


def _leverage(state: AcquisitionState) -> Inputs:
    """How much a ridge regression that had the point would follow it: ``h / (1 + h)`` with ``h = x' (X'X + I)^-1 x``.

    Close to 0 in directions that the annotated set knows, close to 1 in those that it does not.
    """
    annotated, pool = state.annotated_features, state.pool_features
    inverse = np.linalg.inv(annotated.T @ annotated + np.eye(annotated.shape[1]))
    squares = (pool @ inverse * pool).sum(axis=1)
    return (squares / (1 + squares))[:, None]


def _distances(state: AcquisitionState) -> Inputs:
    """The distance to the nearest annotated point of each class, in mean distances of annotated ones; 2 if none."""
    annotated, pool = state.annotated_features, state.pool_features
    scale = pairwise_distances(annotated).mean() or 1.0
    found = np.full((len(pool), len(state.class_weights)), 2.0)
    for label in np.unique(state.annotated_labels) if len(pool) else ():
        nearest = pairwise_distances(pool, annotated[state.annotated_labels == label]).min(axis=1)
        found[:, label] = nearest / scale
    return found


def _class_counts(state: AcquisitionState) -> Inputs:
    """How many points of each class are annotated, on a logarithmic scale: 1 for a hundred."""
    counts = np.bincount(state.annotated_labels, minlength=len(state.class_weights))
    return np.tile(np.log10(1 + counts) / 2, (len(state.pool_features), 1))


OF_STATE: dict[InputName, Callable[[AcquisitionState], Inputs]] = {
    "probabilities": _probabilities,
    "margin": _margin,
    "leverage": _leverage,
    "distances": _distances,
    "class_counts": _class_counts,
}


def _improvements(by_label: Float[np.ndarray, "_pool class"], probabilities: ClassProbabilities) -> Inputs:
    """The improvement under each label and the one that is expected, each standardised."""
    expected = (by_label * probabilities).sum(axis=1, keepdims=True)
    return np.stack([standardised(each) for each in np.concatenate([by_label, expected], axis=1).T], axis=1)
