"""Refits of a multinomial logistic regression: the base problem once, then blocks of candidates."""

import math

import numpy as np

from npal_cli.kernels import kernel
from npal_cli.kernels.linalg.basis import span_of
from npal_cli.kernels.logistic.softmax import newton_softmax, softmax
from npal_cli.kernels.logistic.softmax_columns import SoftmaxBase
from npal_cli.kernels.logistic.softmax_fixed_point import refit_softmax_block
from npal_cli.kernels.logistic.two_class import CONVERGED

BLOCK = 32
"""Candidates at a time: what is computed of them stays in a core's cache."""


def refit_multinomial(
    features: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    candidates: np.ndarray,
    new_labels: np.ndarray,
    new_weights: np.ndarray,
    evaluation: np.ndarray,
    truths: np.ndarray,
    classes: int,
    ridge: float,
    values: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confusion counts before and after each refit, and which of them the fixed point found.

    Shapes: features (n, d), candidates (c, d), evaluation (e, d). Labels are 0..classes-1, all of them annotated;
    truths may go beyond. Returns ``before`` (true, class), ``after`` (c, true, class) and ``done`` (c + 1,), whose last
    entry speaks for ``before``. Writes the logits to ``values`` (c + 1, e, class) as :func:`logistic.refit` does.

    Not compiled itself: numba would compile all that it calls once more.
    """
    basis, points = span_of(features)
    base, decrement = make_base(points, labels, weights, classes, ridge, evaluation, basis)
    count, true_classes = len(candidates), max(truths.max() + 1, classes)
    after = np.zeros((count, true_classes, classes), np.int32)
    done = np.zeros(count + 1, np.bool_)
    logits = base.evaluation @ base.optimum.T
    before = count_classes(logits, truths, true_classes)
    if len(values):
        values[count] = logits
    done[count] = decrement < CONVERGED
    if not done[count]:
        return before, after, done
    points = candidates @ basis
    extra, outside = np.zeros(count), np.empty((0, BLOCK))
    if basis.shape[1] < features.shape[1]:
        extra = np.maximum((candidates**2).sum(axis=1) - (points**2).sum(axis=1), 0.0) / ridge
        outside = evaluation @ (candidates - points @ basis.T).T / ridge
    points = with_one(points)
    for begin in range(0, count, BLOCK):
        block = slice(begin, begin + BLOCK)
        refit_softmax_block(
            base,
            truths,
            points[block],
            extra[block],
            np.ascontiguousarray(outside[:, block]),
            new_labels[block],
            new_weights[block],
            after[block],
            done[block],
            values[block],
        )
    return before, after, done


@kernel
def with_one(points: np.ndarray) -> np.ndarray:
    """Points with a 1 at their end."""
    result = np.ones((len(points), points.shape[1] + 1))
    result[:, : points.shape[1]] = points
    return result


@kernel
def make_base(
    inside: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    classes: int,
    ridge: float,
    evaluation: np.ndarray,
    basis: np.ndarray,
) -> tuple[SoftmaxBase, float]:
    """Solve the base problem, points ``inside`` a ``basis``; also returns the Newton decrement that is left."""
    points = with_one(inside)
    seen = with_one(np.dot(evaluation, basis))
    start = np.zeros((classes, points.shape[1]))
    optimum, hessian, decrement = newton_softmax(points, labels, weights, ridge, start)
    inverse = np.linalg.inv(hessian)
    inverse = 0.5 * (inverse + inverse.T)
    lengths = logit_ranges(seen, inverse, classes)
    if basis.shape[1] < evaluation.shape[1]:
        rest = (evaluation * evaluation).sum(axis=1) - (seen[:, :-1] * seen[:, :-1]).sum(axis=1)
        lengths += 2.0 * np.maximum(rest, 0.0) / ridge
    reach = math.sqrt(logit_ranges(points, inverse, classes).max())
    probabilities = np.ascontiguousarray(softmax(np.dot(points, optimum.T)).T)
    return SoftmaxBase(points, seen, optimum, probabilities, weights, inverse, reach, np.sqrt(lengths)), decrement


@kernel
def logit_ranges(points: np.ndarray, inverse: np.ndarray, classes: int) -> np.ndarray:
    """For each point the largest squared length of ``(e_k - e_m) x point`` in the norm of the inverse Hessian."""
    n, p = points.shape
    forms = np.empty((classes, classes, n))
    for k in range(classes):
        for m in range(classes):
            block = np.ascontiguousarray(inverse[k * p : (k + 1) * p, m * p : (m + 1) * p])
            forms[k, m] = (np.dot(points, block) * points).sum(axis=1)
    result = np.zeros(n)
    for i in range(n):
        for k in range(classes):
            for m in range(k):
                result[i] = max(result[i], forms[k, k, i] + forms[m, m, i] - 2.0 * forms[k, m, i])
    return result


def count_classes(logits: np.ndarray, truths: np.ndarray, true_classes: int) -> np.ndarray:
    """Confusion counts (true, class)."""
    counts = np.zeros((true_classes, logits.shape[1]), np.int32)
    np.add.at(counts, (truths, logits.argmax(axis=1)), 1)
    return counts
