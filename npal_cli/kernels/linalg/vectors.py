"""Loops over vectors that compilers do several elements of at once; numpy's own cost more than such short ones take."""

import numpy as np

from npal_cli.kernels import arithmetic_kernel, ordered_kernel


@arithmetic_kernel
def copy(to: np.ndarray, values: np.ndarray) -> None:
    """``to = values``, in place; as many as ``values`` has."""
    for i in range(len(values)):
        to[i] = values[i]


@arithmetic_kernel
def scale(to: np.ndarray, factor: float, values: np.ndarray) -> None:
    """``to = factor * values``, in place."""
    for i in range(len(values)):
        to[i] = factor * values[i]


@arithmetic_kernel
def add(to: np.ndarray, factor: float, values: np.ndarray) -> None:
    """Add ``factor * values`` in place."""
    for i in range(len(values)):
        to[i] += factor * values[i]


@arithmetic_kernel
def subtract(to: np.ndarray, left: np.ndarray, right: np.ndarray) -> None:
    """``to = left - right``, in place."""
    for i in range(len(left)):
        to[i] = left[i] - right[i]


@arithmetic_kernel
def total(values: np.ndarray) -> float:
    """The sum of absolute values."""
    result = 0.0
    for i in range(len(values)):
        result += abs(values[i])
    return result


@ordered_kernel
def smallest(values: np.ndarray) -> float:
    """The smallest value, of which none is NaN."""
    result = np.inf
    for i in range(len(values)):
        result = values[i] if values[i] < result else result
    return result


@arithmetic_kernel
def count_beyond(values: np.ndarray, bound: float) -> float:
    """How many values are farther from zero than ``bound``."""
    count = 0.0
    for i in range(len(values)):
        count += 1.0 if abs(values[i]) > bound else 0.0
    return count


@arithmetic_kernel
def count_outside(values: np.ndarray, floor: np.ndarray, ceiling: np.ndarray) -> float:
    """How many values are outside their intervals."""
    count = 0.0
    for i in range(len(values)):
        count += 1.0 if (values[i] < floor[i]) | (values[i] > ceiling[i]) else 0.0
    return count


@arithmetic_kernel
def write_signs(values: np.ndarray, positive: np.ndarray) -> None:
    """``positive = values > 0``, in place."""
    for i in range(len(values)):
        positive[i] = values[i] > 0.0


@arithmetic_kernel
def squared_lengths(rows: np.ndarray) -> np.ndarray:
    """The sum of squares of each row."""
    result = np.empty(len(rows))
    for i in range(len(rows)):
        total = 0.0
        for k in range(rows.shape[1]):
            total += rows[i, k] * rows[i, k]
        result[i] = total
    return result
