"""Plain multinomial logistic regression by Newton's method.

Parameters are flattened (class, dimension); points (n, p) end with a 1, whose weights have no penalty.
"""

import math

import numpy as np

from npal_cli.kernels import kernel


@kernel
def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities by the last axis of (point, class)."""
    result = np.empty(logits.shape)
    for i in range(len(logits)):
        largest = logits[i].max()
        for k in range(logits.shape[1]):
            result[i, k] = math.exp(logits[i, k] - largest)
        result[i] /= result[i].sum()
    return result


@kernel
def hessian_of(points: np.ndarray, weights: np.ndarray, probabilities: np.ndarray, ridge: float) -> np.ndarray:
    """The Hessian (class x p, class x p); the direction that changes no probability gets the ridge, too."""
    n, p = points.shape
    classes = probabilities.shape[1]
    result = np.empty((classes * p, classes * p))
    scaled = np.empty((n, p))
    for k in range(classes):
        for m in range(k + 1):
            for i in range(n):
                curvature = weights[i] * probabilities[i, k] * ((1.0 if k == m else 0.0) - probabilities[i, m])
                for a in range(p):
                    scaled[i, a] = curvature * points[i, a]
            block = np.dot(scaled.T, points)
            for a in range(p):
                for b in range(p):
                    result[k * p + a, m * p + b] = block[a, b]
                    result[m * p + b, k * p + a] = block[a, b]
    for k in range(classes):
        for a in range(p - 1):
            result[k * p + a, k * p + a] += ridge
        for m in range(classes):
            result[(k + 1) * p - 1, (m + 1) * p - 1] += ridge
    return result


@kernel
def newton_softmax(
    points: np.ndarray, labels: np.ndarray, weights: np.ndarray, ridge: float, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Minimise the weighted cross entropy + ridge |w|^2 / 2 from ``start`` (class, p), by damped steps.

    Returns the optimum, the Hessian there, and the Newton decrement: the distance to the optimum in its norm.
    """
    n, p = points.shape
    classes = len(start)
    w = start.copy()
    step = np.zeros((classes, p))
    hessian = np.empty((1, 1))
    last = np.inf
    decrement = np.inf
    for _ in range(100):
        size = 1.0
        while True:
            trial = w - size * step
            logits = np.dot(points, trial.T)
            value = 0.5 * ridge * (trial[:, : p - 1] ** 2).sum()
            for i in range(n):
                largest = logits[i].max()
                value += weights[i] * (largest + math.log(np.exp(logits[i] - largest).sum()) - logits[i, labels[i]])
            if value <= last + 1e-13 * abs(last) or size < 1e-8:
                break
            size *= 0.5
        w = trial
        last = value
        probabilities = softmax(logits)
        residual = probabilities.copy()
        for i in range(n):
            residual[i, labels[i]] -= 1.0
            residual[i] *= weights[i]
        gradient = np.dot(residual.T, points)
        gradient[:, : p - 1] += ridge * w[:, : p - 1]
        hessian = hessian_of(points, weights, probabilities, ridge)
        step = np.linalg.solve(hessian, gradient.reshape(classes * p)).reshape(classes, p)
        decrement = math.sqrt(max((step * gradient).sum(), 0.0))
        if decrement < 1e-12:
            break
    return w, hessian, decrement
