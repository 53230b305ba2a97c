"""Small and triangular systems of equations."""

import numpy as np

from npal_cli.kernels import arithmetic_kernel, kernel


@arithmetic_kernel
def forward(lower: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve ``lower x = right``."""
    x = np.empty(len(right))
    for i in range(len(right)):
        total = right[i]
        for k in range(i):
            total -= lower[i, k] * x[k]
        x[i] = total / lower[i, i]
    return x


@arithmetic_kernel
def backward(lower: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve ``lower.T x = right``."""
    x = right.copy()
    for i in range(len(right) - 1, -1, -1):
        x[i] /= lower[i, i]
        for k in range(i):
            x[k] -= lower[i, k] * x[i]
    return x


@arithmetic_kernel
def invert_lower(lower: np.ndarray) -> np.ndarray:
    """The inverse of a lower triangular matrix."""
    n = len(lower)
    inverse = np.zeros((n, n))
    for i in range(n):
        for k in range(i):
            for j in range(k + 1):
                inverse[i, j] -= lower[i, k] * inverse[k, j]
        for j in range(i):
            inverse[i, j] /= lower[i, i]
        inverse[i, i] = 1.0 / lower[i, i]
    return inverse


@kernel
def invert(matrix: np.ndarray) -> tuple[np.ndarray, bool]:
    """The inverse, and whether there is one."""
    try:
        return np.ascontiguousarray(np.linalg.inv(matrix)), True
    except Exception:  # noqa: BLE001  # numba knows no other kind
        return np.zeros(matrix.shape), False


@kernel
def solve_linear(system: np.ndarray, right: np.ndarray, size: int) -> float:
    """Gaussian elimination with partial pivoting, in place; returns the smallest pivot up to 1, and 0 if singular."""
    smallest = 1.0
    for i in range(size):
        pivot = i
        for row in range(i + 1, size):
            if abs(system[row, i]) > abs(system[pivot, i]):
                pivot = row
        if not abs(system[pivot, i]) > 1e-11:
            return 0.0
        smallest = min(smallest, abs(system[pivot, i]))
        if pivot != i:
            for column in range(i, size):
                system[i, column], system[pivot, column] = system[pivot, column], system[i, column]
            right[i], right[pivot] = right[pivot], right[i]
        for row in range(i + 1, size):
            factor = system[row, i] / system[i, i]
            for column in range(i + 1, size):
                system[row, column] -= factor * system[i, column]
            right[row] -= factor * right[i]
    for i in range(size - 1, -1, -1):
        for column in range(i + 1, size):
            right[i] -= system[i, column] * right[column]
        right[i] /= system[i, i]
    return smallest
