"""Plain logistic regression of two classes by Newton's method, and triangular systems."""

import math

import numpy as np

from npal_cli.kernels import arithmetic_kernel, kernel
from npal_cli.kernels.linalg.exponential import exponential
from npal_cli.kernels.linalg.systems import backward, forward


@kernel
def sigmoid(a: float) -> float:
    """``1 / (1 + exp(-a))`` without overflow."""
    if a >= 0:
        return 1.0 / (1.0 + math.exp(-a))
    e = math.exp(a)
    return e / (1.0 + e)


FAR = 0.1
"""The Newton decrement from which it pays to look how long a step should be."""


@kernel
def newton(
    points: np.ndarray, targets: np.ndarray, weights: np.ndarray, ridge: float, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Minimise ``sum_i s_i log(1 + exp(-y_i x_i.w)) + ridge |w|^2 / 2``, from ``start``, by damped steps.

    Points (n, p) end with a 1; the last of the p weights, the bias, has no penalty. Targets are 0 or 1. Returns the
    optimum, the lower Cholesky factor of the Hessian there, and the Newton decrement: the distance to the optimum in
    the Hessian's norm.
    """
    n, p = points.shape
    w = start.copy()
    step = np.zeros(p)
    curved = np.empty((n, p))
    probabilities, residual, roots = np.empty(n), np.empty(n), np.empty(n)
    factor = np.empty((p, p))
    last = np.inf
    decrement = np.inf
    size = 1.0
    for _ in range(100):
        while True:
            trial = w - size * step
            decisions = np.dot(points, trial)
            loss = losses(decisions, targets, weights, probabilities)
            value = loss + 0.5 * ridge * np.dot(trial[: p - 1], trial[: p - 1])
            if value <= last + 1e-13 * abs(last) or size < 1e-8:
                break
            size *= 0.5
        w = trial
        last = value
        slopes(probabilities, targets, weights, residual, roots)
        scale_rows(points, roots, curved)
        gradient = np.dot(residual, points)
        hessian = np.dot(curved.T, curved)
        for k in range(p - 1):
            gradient[k] += ridge * w[k]
            hessian[k, k] += ridge
        hessian[p - 1, p - 1] += 1e-12 * ridge  # where all probabilities are 0 or 1
        factor = np.linalg.cholesky(hessian)
        half = forward(factor, gradient)
        step = backward(factor, half)
        decrement = math.sqrt(np.dot(half, half))
        if decrement < 1e-11:  # the next would be its square: there is no need to look
            w -= step
            break
        size = 1.0
        if decrement > FAR:
            curved_ridge = ridge * np.dot(step[: p - 1], step[: p - 1])
            slope_ridge = ridge * np.dot(step[: p - 1], w[: p - 1])
            size = best_size(decisions, np.dot(points, step), targets, weights, slope_ridge, curved_ridge)
    return w, factor, decrement


@kernel
def best_size(
    decisions: np.ndarray,
    changes: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    slope_ridge: float,
    curved_ridge: float,
) -> float:
    """About how far along a step the objective is least, by two of Newton's steps in the size alone.

    ``changes`` are how much one step lowers the decision values; ``slope_ridge`` and ``curved_ridge`` the derivatives
    of the penalty in the size. Far from the optimum the curvature falls along a step, and whole steps are too short.
    """
    size = 1.0
    n = len(decisions)
    probabilities, residual, roots = np.empty(n), np.empty(n), np.empty(n)
    for _ in range(2):
        losses(decisions - size * changes, targets, weights, probabilities)
        slopes(probabilities, targets, weights, residual, roots)
        slope = size * curved_ridge - slope_ridge
        curvature = curved_ridge
        for i in range(n):
            slope -= residual[i] * changes[i]
            curvature += (roots[i] * changes[i]) ** 2
        size = min(max(size - slope / curvature, 0.5), 4.0)
    return size


@arithmetic_kernel
def losses(decisions: np.ndarray, targets: np.ndarray, weights: np.ndarray, probabilities: np.ndarray) -> float:
    """The sum of ``weight log(1 + exp(-y decision))``; writes the probabilities of class 1."""
    n = len(decisions)
    small = np.empty(n)
    for i in range(n):
        probabilities[i] = -abs(decisions[i])
    exponential(probabilities, small)
    total = 0.0
    for i in range(n):
        wrong = decisions[i] if targets[i] == 0.0 else -decisions[i]
        total += weights[i] * (max(wrong, 0.0) + math.log1p(small[i]))
    for i in range(n):
        less = small[i] / (1.0 + small[i])
        probabilities[i] = less if decisions[i] < 0.0 else 1.0 - less
    return total


@arithmetic_kernel
def slopes(
    probabilities: np.ndarray, targets: np.ndarray, weights: np.ndarray, residual: np.ndarray, roots: np.ndarray
) -> None:
    """Write the slope of each point's loss, and the root of its curvature."""
    for i in range(len(probabilities)):
        residual[i] = weights[i] * (probabilities[i] - targets[i])
        roots[i] = math.sqrt(weights[i] * probabilities[i] * (1.0 - probabilities[i]))


@arithmetic_kernel
def scale_rows(rows: np.ndarray, factors: np.ndarray, out: np.ndarray) -> None:
    """Each row times its factor."""
    for i in range(len(rows)):
        for k in range(rows.shape[1]):
            out[i, k] = rows[i, k] * factors[i]
