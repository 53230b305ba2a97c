"""The RBF kernel exp(-gamma D) of squared distances D: fast, and as a series in gamma."""

import math

import numpy as np

from npal_cli.refit.kernels import arithmetic_kernel, kernel
from npal_cli.refit.kernels.exponential import exponential


@arithmetic_kernel
def decay(x: np.ndarray, out: np.ndarray) -> None:
    """``exp(-x)`` for flat x >= 0, to 1e-14 absolutely."""
    exponential(-x, out)


@kernel
def squared_distances(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances between rows, (left, right)."""
    products = np.dot(left, right.T)
    a = (left * left).sum(axis=1)
    b = (right * right).sum(axis=1)
    for i in range(len(left)):
        for j in range(len(right)):
            products[i, j] = max(a[i] + b[j] - 2.0 * products[i, j], 0.0)
    return products


@kernel
def series(distances: np.ndarray, gamma: float, terms: int) -> np.ndarray:
    """Terms of ``exp(-gamma (1 + delta) D) = sum_m delta^m series[m]``, (term, row, column)."""
    rows, columns = distances.shape
    result = np.empty((terms, rows, columns))
    scaled = gamma * distances
    decay(scaled.reshape(rows * columns), result[0].reshape(rows * columns))
    for m in range(1, terms):
        for i in range(rows):
            for j in range(columns):
                result[m, i, j] = result[m - 1, i, j] * scaled[i, j] * (-1.0 / m)
    return result


@kernel
def series_error(delta: float, terms: int) -> float:
    """A bound of what the first ``terms`` terms leave out of an entry: D^m exp(-D) is largest at D = m."""
    delta = abs(delta)
    if terms == 0:
        return 1.0
    largest = math.exp(terms * math.log(terms * delta) - terms - math.lgamma(terms + 1.0)) if delta > 0 else 0.0
    return largest / (1.0 - delta)
