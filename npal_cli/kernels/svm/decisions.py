"""Decision values of refitted support vector machines at the evaluation points, as series in gamma."""

from typing import NamedTuple

import numpy as np

from npal_cli.kernels import kernel
from npal_cli.kernels.svm.rbf import series
from npal_cli.kernels.svm.tableau import Tableau

CLEAR = 1e-8
"""Decision values closer to zero than this are taken as they are."""


class Seen(NamedTuple):
    """The evaluation points (e of them) as a base solution of n points sees them."""

    grams: np.ndarray
    """(term, n, e) of the kernel with the points."""
    values: np.ndarray
    """(term, e) of the base's decision values."""


@kernel
def see(tableau: Tableau, distances: np.ndarray, gamma: float) -> Seen:
    """The evaluation points at squared ``distances`` (n, e) from the points."""
    terms, f = len(tableau.betas), len(tableau.points)
    grams = series(distances, gamma, terms)
    e = distances.shape[1]
    values = np.empty((terms, e))
    for m in range(terms):
        values[m] = np.dot(tableau.betas[0], grams[m]) + tableau.outputs[m, -1]
    free = np.empty((f, e))
    for h in range(terms - 1):
        for a in range(f):
            free[a] = grams[h, tableau.points[a]]
        for m in range(h + 1, terms):
            values[m] += np.dot(tableau.betas[m - h][tableau.points], free)
    return Seen(grams, values)


@kernel
def decision_values(
    seen: Seen, powers: np.ndarray, moved: np.ndarray, moves: np.ndarray, order: int, biases: np.ndarray
) -> np.ndarray:
    """Decision values (row, e) of solutions that differ from the base's at their own delta.

    ``powers`` (row, term) are those of delta; ``moves`` (row, u) is how much beta of the ``moved`` (u,) points differs,
    of which ``order`` terms count, and ``biases`` (row,) how much the bias does.
    """
    count, terms = powers.shape
    u, e = len(moved), seen.values.shape[1]
    left = np.empty((count, terms + order * u))
    right = np.empty((terms + order * u, e))
    left[:, :terms] = powers
    right[:terms] = seen.values
    for m in range(order):
        begin = terms + m * u
        for a in range(u):
            right[begin + a] = seen.grams[m, moved[a]]
        for j in range(count):
            left[j, begin : begin + u] = powers[j, m] * moves[j]
    values = np.dot(left, right)
    for j in range(count):
        values[j] += biases[j]
    return values
