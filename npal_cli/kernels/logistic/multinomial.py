"""Refits of a multinomial logistic regression: the base problem once, then blocks of candidates."""

import math

import numpy as np

from npal_cli.kernels import kernel
from npal_cli.kernels.linalg.basis import span_of
from npal_cli.kernels.logistic.softmax import newton_softmax, softmax
from npal_cli.kernels.logistic.softmax_columns import SoftmaxBase, make_columns
from npal_cli.kernels.logistic.softmax_fixed_point import refit_softmax_block
from npal_cli.kernels.logistic.two_class import CONVERGED

BLOCK = 32
"""Candidates at a time: what is computed of them stays in a core's cache."""


@kernel
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
    """
    basis, points = span_of(features)
    base, decrement = make_base(points, labels, weights, classes, ridge, evaluation, basis)
    count = len(candidates)
    true_classes = max(truths.max() + 1, classes)
    before = np.zeros((true_classes, classes), np.int32)
    after = np.zeros((count, true_classes, classes), np.int32)
    done = np.zeros(count + 1, np.bool_)
    logits = np.dot(base.evaluation, base.optimum.T)
    count_classes(logits, truths, before)
    with_values = len(values) > 0
    if with_values:
        values[count] = logits
    done[count] = decrement < CONVERGED
    if not done[count]:
        return before, after, done
    outside = np.empty((0, 0))
    for begin in range(0, count, BLOCK):
        end = min(begin + BLOCK, count)
        block = candidates[begin:end]
        inside = np.dot(block, basis)
        extra = np.zeros(len(block))
        if basis.shape[1] < features.shape[1]:
            extra = np.maximum((block * block).sum(axis=1) - (inside * inside).sum(axis=1), 0.0) / ridge
            outside = np.dot(evaluation, (block - np.dot(inside, basis.T)).T) / ridge
        state = make_columns(base, with_one(inside), extra)
        y, s = new_labels[begin:end], new_weights[begin:end]
        to = values[begin:end] if with_values else values
        refit_softmax_block(base, truths, state, outside, y, s, after[begin:end], done[begin:end], to)
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


@kernel
def count_classes(logits: np.ndarray, truths: np.ndarray, counts: np.ndarray) -> None:
    """Add each evaluation point to the confusion counts."""
    for i in range(len(truths)):
        counts[truths[i], np.argmax(logits[i])] += 1
