"""A support vector machine of two classes as a problem, and its plain solution."""

from typing import NamedTuple

import numpy as np

from npal_cli.kernels import kernel
from npal_cli.kernels.linalg.vectors import copy
from npal_cli.kernels.svm.rbf import series
from npal_cli.kernels.svm.smo import smo

PRECISION = 1e-9
"""To which the optimality conditions are solved; scikit-learn's kernel entries are single precision (6e-8)."""


class Pair(NamedTuple):
    """The base problem of two classes, and the points to predict."""

    rows: np.ndarray
    """(n,) which of all points they are."""
    y: np.ndarray
    """(n,) -1 or 1."""
    low: np.ndarray
    high: np.ndarray
    """(n,) bounds of beta: 0 and C times the weight of the point, on the side of its class."""
    distances: np.ndarray
    """(n, n) squared."""
    evaluation: np.ndarray
    """(n, evaluation) squared."""


class Candidates(NamedTuple):
    """Candidates of nearly equal gamma."""

    gammas: np.ndarray
    y: np.ndarray
    """-1 or 1; 0 for an absent one."""
    bounds: np.ndarray
    """The largest abs(beta) of each."""
    to_points: np.ndarray
    """(candidate, all points) kernel entries, each with its own gamma, and ..."""
    to_points_lowest: np.ndarray
    """... all with the smallest of these."""
    to_evaluation: np.ndarray
    """(candidate, evaluation) kernel entries."""


@kernel
def some_candidates(candidates: Candidates, which: np.ndarray, pair: Pair) -> Candidates:
    """The given candidates, with the pair's points alone."""
    return Candidates(
        candidates.gammas[which],
        candidates.y[which],
        candidates.bounds[which],
        select(candidates.to_points, which, pair.rows),
        select(candidates.to_points_lowest, which, pair.rows),
        select(candidates.to_evaluation, which, np.arange(candidates.to_evaluation.shape[1])),
    )


@kernel
def select(matrix: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The given rows and columns of a matrix, in order; the matrix itself where they are all of them."""
    all_rows, all_columns = len(rows) == len(matrix), len(columns) == matrix.shape[1]
    if all_rows and all_columns:
        return matrix
    result = np.empty((len(rows), len(columns)))
    for a in range(len(rows)):
        if all_columns:
            copy(result[a], matrix[rows[a]])
        else:
            for b in range(len(columns)):
                result[a, b] = matrix[rows[a], columns[b]]
    return result


@kernel
def refit_plainly(
    pair: Pair, candidates: Candidates, beta: np.ndarray, positive: np.ndarray, done: np.ndarray, values: np.ndarray
) -> None:
    """Whether each decision value is positive, for the candidates that are not ``done``; from a feasible ``beta``.

    Writes ``positive`` (candidate, evaluation), and ``done`` where the solution converged; and the ``values``, unless
    that is empty.
    """
    n, e = pair.evaluation.shape
    left = np.flatnonzero(~done)
    some = some_candidates(candidates, left, pair)
    for a in range(len(left)):
        size = n + (some.y[a] != 0.0)
        gram, evaluation = np.ones((size, size)), np.empty((size, e))
        gram[:n, :n] = series(pair.distances, some.gammas[a], 1)[0]
        evaluation[:n] = series(pair.evaluation, some.gammas[a], 1)[0]
        y, low, high, trial = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size)
        y[:n], low[:n], high[:n], trial[:n] = pair.y, pair.low, pair.high, beta
        if size > n:
            gram[n, :n] = some.to_points[a]
            gram[:n, n] = some.to_points[a]
            evaluation[n] = some.to_evaluation[a]
            y[n] = some.y[a]
            low[n] = min(0.0, y[n] * some.bounds[a])
            high[n] = max(0.0, y[n] * some.bounds[a])
        bias, done[left[a]] = smo(gram, y, low, high, trial, PRECISION)
        decisions = np.dot(trial, evaluation) + bias
        positive[left[a]] = decisions > 0.0
        if len(values) > 0:
            values[left[a]] = decisions
