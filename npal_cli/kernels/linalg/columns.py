"""Loops over matrices whose columns are candidates, so that compilers do several candidates at once."""

import math

import numpy as np

from npal_cli.kernels import arithmetic_kernel, kernel


@arithmetic_kernel
def along(start: np.ndarray, steps: np.ndarray, directions: np.ndarray, out: np.ndarray) -> None:
    """``start + steps * directions``, each column with its own step."""
    for k in range(len(start)):
        for j in range(start.shape[1]):
            out[k, j] = start[k, j] + steps[j] * directions[k, j]


@arithmetic_kernel
def add_scaled(to: np.ndarray, steps: np.ndarray, directions: np.ndarray) -> None:
    """Add ``steps * directions`` in place, each column with its own step."""
    for k in range(len(directions)):
        for j in range(directions.shape[1]):
            to[k, j] += steps[j] * directions[k, j]


@arithmetic_kernel
def column_products(left: np.ndarray, right: np.ndarray, out: np.ndarray) -> None:
    """The inner product of each column of two matrices."""
    for j in range(len(out)):
        out[j] = 0.0
    for k in range(len(left)):
        for j in range(len(out)):
            out[j] += left[k, j] * right[k, j]


@arithmetic_kernel
def column_distances(left: np.ndarray, right: np.ndarray, out: np.ndarray) -> None:
    """The Euclidean distance of each column of two matrices."""
    for j in range(len(out)):
        out[j] = 0.0
    for k in range(len(left)):
        for j in range(len(out)):
            out[j] += (left[k, j] - right[k, j]) ** 2
    for j in range(len(out)):
        out[j] = math.sqrt(out[j])


@kernel
def columns_of(matrix: np.ndarray, which: np.ndarray) -> np.ndarray:
    """The given columns."""
    result = np.empty((len(matrix), len(which)))
    for k in range(len(matrix)):
        for j in range(len(which)):
            result[k, j] = matrix[k, which[j]]
    return result
