"""Refits of a two-class logistic regression: the base problem once, then blocks of candidates."""

import math

import numpy as np

from npal_cli.kernels import kernel
from npal_cli.kernels.linalg.basis import span_of
from npal_cli.kernels.linalg.columns import column_products
from npal_cli.kernels.linalg.systems import invert_lower
from npal_cli.kernels.linalg.vectors import squared_lengths
from npal_cli.kernels.logistic.fixed_point import Base, refit_block
from npal_cli.kernels.logistic.newton import newton, sigmoid

BLOCK = 128
"""Candidates at a time: what is computed of them stays in a core's cache."""
CONVERGED = 1e-10
"""The largest Newton decrement of a fit that is trusted."""


@kernel
def refit(
    features: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    candidates: np.ndarray,
    new_targets: np.ndarray,
    new_weights: np.ndarray,
    evaluation: np.ndarray,
    truths: np.ndarray,
    classes: int,
    ridge: float,
    values: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positive predictions by true class before and after each refit, and which of them can be trusted.

    Shapes: features (n, d), candidates (c, d), evaluation (e, d); targets are 0 or 1, truths any class, ``ridge`` is
    1 / C. Returns ``before`` (class,), ``after`` (c, class) and ``done`` (c + 1,), whose last entry speaks for
    ``before``. Writes the decision values to ``values`` (c + 1, e), the last before any refit, unless it is empty: then
    their signs are all that is made sure of.
    """
    basis, points = span_of(features)
    seen = evaluation if basis.shape[1] == features.shape[1] else np.dot(evaluation, basis)
    base, w, decrement = make_base(points, targets, weights, ridge, evaluation, seen)
    before = np.zeros(classes, np.int32)
    decisions = np.dot(base.evaluation, base.optimum)
    count_positive(decisions, truths, before)
    count = len(candidates)
    with_values = len(values) > 0
    if with_values:
        values[count] = decisions
    after = np.zeros((count, classes), np.int32)
    done = np.zeros(count + 1, np.bool_)
    done[count] = decrement < CONVERGED
    if not done[count]:
        return before, after, done
    outside = np.empty((0, 0))
    space = np.empty((3 * len(base.optimum) + 2 * len(features) + len(evaluation)) * min(BLOCK, max(count, 1)))
    for begin in range(0, count, BLOCK):
        end = min(begin + BLOCK, count)
        block = candidates[begin:end]
        wide = basis.shape[1] < features.shape[1]
        inside = np.dot(block, basis) if wide else block
        white = np.dot(base.whiten, inside.T)
        for k in range(len(white)):
            white[k] += base.whiten_one[k]
        lengths = np.empty(end - begin)
        column_products(white, white, lengths)
        if wide:
            lengths += np.maximum(squared_lengths(block) - squared_lengths(inside), 0.0) / ridge
            outside = (np.dot(evaluation, block.T) - np.dot(seen, inside.T)) / ridge
        y, s = new_targets[begin:end].copy(), new_weights[begin:end].copy()
        to = values[begin:end] if with_values else values
        refit_block(base, truths, white, outside, lengths, y, s, after[begin:end], done[begin:end], to, space)
    left = np.flatnonzero(~done[:count])
    if len(left) > 0:
        plain = fit_each(
            points, targets, weights, candidates[left], new_targets[left], new_weights[left], ridge, basis, w
        )
        for a in range(len(left)):
            decisions = np.dot(evaluation, plain[a, : features.shape[1]]) + plain[a, -2]
            count_positive(decisions, truths, after[left[a]])
            if with_values:
                values[left[a]] = decisions
            done[left[a]] = plain[a, -1] < CONVERGED
    return before, after, done


@kernel
def make_base(
    inside: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    ridge: float,
    evaluation: np.ndarray,
    seen: np.ndarray,
) -> tuple[Base, np.ndarray, float]:
    """Solve the base problem and whiten.

    Few points in many dimensions are written in a basis of their span (a candidate adds what it has outside): the
    points are ``inside`` (n, r) and the evaluation points ``seen`` (e, r) in it. Returns the base, the optimum (r + 1,)
    in the basis, and the Newton decrement.
    """
    n, r = inside.shape
    points = np.ones((n, r + 1))
    points[:, :r] = inside
    w, factor, decrement = newton(points, targets, weights, ridge, np.zeros(r + 1))
    inverse = invert_lower(factor)
    whiten = np.ascontiguousarray(inverse[:, :r])
    whiten_one = np.ascontiguousarray(inverse[:, r])
    decisions = np.dot(points, w)
    curvatures = np.empty(n)
    tilts = np.empty(n)
    for i in range(n):
        s = sigmoid(decisions[i])
        curvatures[i] = weights[i] * s * (1.0 - s)
        tilts[i] = 2.0 * s - 1.0
    white = np.ascontiguousarray(np.dot(points, inverse.T))
    reach = math.sqrt(squared_lengths(white).max())
    white_seen = np.dot(seen, whiten.T) + whiten_one
    lengths = squared_lengths(white_seen)
    if r < evaluation.shape[1]:
        lengths += np.maximum(squared_lengths(evaluation) - squared_lengths(seen), 0.0) / ridge
    lengths = np.sqrt(lengths)
    optimum = np.dot(factor.T, w)
    base = Base(whiten, whiten_one, white, optimum, curvatures, tilts, reach, white_seen, lengths, lengths.max())
    return base, w, decrement


@kernel
def fit_each(
    inside: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    candidates: np.ndarray,
    new_targets: np.ndarray,
    new_weights: np.ndarray,
    ridge: float,
    basis: np.ndarray,
    w: np.ndarray,
) -> np.ndarray:
    """What the fixed point leaves open, by Newton's method from the base: rows of d weights, bias, decrement."""
    n, d = len(inside), candidates.shape[1]
    r = basis.shape[1]
    p = r + 1 + (r < d)  # the span of the points, what the candidate has outside of it, and the bias
    points = np.zeros((n + 1, p))
    points[:n, :r] = inside
    points[:, p - 1] = 1.0
    y = np.append(targets, 0.0)
    s = np.append(weights, 0.0)
    start = np.zeros(p)
    start[:r] = w[:r]
    start[p - 1] = w[r]
    result = np.empty((len(candidates), d + 2))
    for j in range(len(candidates)):
        new = np.dot(candidates[j], basis)
        outside = candidates[j] - np.dot(basis, new)
        size = math.sqrt(np.dot(outside, outside))
        points[n, :r] = new
        if r < d:
            points[n, r] = size
        y[n] = new_targets[j]
        s[n] = new_weights[j]
        fitted, _, decrement = newton(points, y, s, ridge, start)
        result[j, :d] = np.dot(basis, fitted[:r])
        if r < d and size > 0.0:
            result[j, :d] += outside * (fitted[r] / size)
        result[j, d] = fitted[p - 1]
        result[j, d + 1] = decrement
    return result


@kernel
def count_positive(decisions: np.ndarray, truths: np.ndarray, positives: np.ndarray) -> None:
    """Add how many decision values are positive, by true class."""
    for i in range(len(decisions)):
        positives[truths[i]] += decisions[i] > 0.0
