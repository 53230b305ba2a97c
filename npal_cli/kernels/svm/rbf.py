"""The RBF kernel exp(-gamma D) of squared distances D: fast, and as a series in gamma."""

import math

import numpy as np

from npal_cli.kernels import arithmetic_kernel, kernel
from npal_cli.kernels.linalg.exponential import FARTHEST, exponential
from npal_cli.kernels.linalg.vectors import squared_lengths


@kernel
def squared_distances(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances between rows, (left, right)."""
    products = np.dot(left, right.T)
    a, b = squared_lengths(left), squared_lengths(right)
    for i in range(len(left)):
        _to_distances(products[i], a[i], b)
    return products


@kernel
def kernel_entries(left: np.ndarray, gammas: np.ndarray, right: np.ndarray) -> np.ndarray:
    """``exp(-gamma D)`` of squared distances D between rows, (left, right), each of the left with its own gamma."""
    entries = squared_distances(left, right)
    exponents = np.empty(len(right))
    for i in range(len(left)):
        exponents[:] = -gammas[i] * entries[i]
        exponential(exponents, entries[i])
    return entries


@arithmetic_kernel
def _to_distances(products: np.ndarray, length: float, lengths: np.ndarray) -> None:
    for k in range(len(products)):
        products[k] = max(length + lengths[k] - 2.0 * products[k], 0.0)


@kernel
def series(distances: np.ndarray, gamma: float, terms: int) -> np.ndarray:
    """Terms of ``exp(-gamma (1 + delta) D) = sum_m delta^m series[m]`` (11), (term, row, column).

    Points so far from each other that their entry is rounding (5e-15) count as that far, as in its zeroth term: powers
    of their true D would not be small.
    """
    rows, columns = distances.shape
    result = np.empty((terms, rows, columns))
    exponents = np.empty(columns)
    for i in range(rows):
        exponents[:] = np.maximum(-gamma * distances[i], -FARTHEST)
        exponential(exponents, result[0, i])
        for m in range(1, terms):
            _times(result[m - 1, i], exponents, 1.0 / m, result[m, i])
    return result


@arithmetic_kernel
def _times(left: np.ndarray, right: np.ndarray, factor: float, out: np.ndarray) -> None:
    for k in range(len(out)):
        out[k] = left[k] * right[k] * factor


@kernel
def series_error(delta: float, terms: int) -> float:
    """A bound of what the first ``terms`` terms leave out of an entry (13): D^m exp(-D) is largest at D = m."""
    delta = abs(delta)
    if terms == 0:
        return 1.0
    largest = math.exp(terms * math.log(terms * delta) - terms - math.lgamma(terms + 1.0)) if delta > 0 else 0.0
    return largest / (1.0 - delta)
