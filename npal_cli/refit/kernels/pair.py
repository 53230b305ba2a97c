"""A support vector machine of two classes as a problem, and its plain solution."""

from typing import NamedTuple

import numpy as np

from npal_cli.refit.kernels import kernel
from npal_cli.refit.kernels.rbf import series
from npal_cli.refit.kernels.smo import smo

PRECISION = 1e-9
"""To which the optimality conditions are solved; scikit-learn's kernel entries are single precision (6e-8)."""


class Pair(NamedTuple):
    """The base problem of two classes, and the points to predict."""

    y: np.ndarray
    """(n,) -1 or 1."""
    low: np.ndarray
    high: np.ndarray
    """(n,) bounds of beta: 0 and C times the weight of the point, on the side of its class."""
    distances: np.ndarray
    """(n, n) squared."""
    evaluation: np.ndarray
    """(evaluation, n) squared."""


class Candidates(NamedTuple):
    """Candidates of nearly equal gamma."""

    gammas: np.ndarray
    y: np.ndarray
    """-1 or 1; 0 for an absent one."""
    bounds: np.ndarray
    """The largest abs(beta) of each."""
    to_points: np.ndarray
    """(candidate, n) squared distances."""
    to_evaluation: np.ndarray
    """(candidate, evaluation) squared distances."""


@kernel
def refit_plainly(pair: Pair, candidates: Candidates, beta: np.ndarray, positive: np.ndarray, done: np.ndarray) -> None:
    """Whether each decision value is positive, for the candidates that are not ``done``; from a feasible ``beta``.

    Writes ``positive`` (candidate, evaluation), and ``done`` where the solution converged.
    """
    e, n = pair.evaluation.shape
    for j in range(len(done)):
        if done[j]:
            continue
        size = n + (candidates.y[j] != 0.0)
        distances = np.zeros((size, size))
        distances[:n, :n] = pair.distances
        evaluation = np.empty((e, size))
        evaluation[:, :n] = pair.evaluation
        y, low, high, trial = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size)
        y[:n], low[:n], high[:n], trial[:n] = pair.y, pair.low, pair.high, beta
        if size > n:
            distances[n, :n] = candidates.to_points[j]
            distances[:n, n] = candidates.to_points[j]
            evaluation[:, n] = candidates.to_evaluation[j]
            y[n] = candidates.y[j]
            low[n] = min(0.0, y[n] * candidates.bounds[j])
            high[n] = max(0.0, y[n] * candidates.bounds[j])
        gamma = candidates.gammas[j]
        bias, done[j] = smo(series(distances, gamma, 1)[0], y, low, high, trial, PRECISION)
        positive[j] = np.dot(series(evaluation, gamma, 1)[0], trial) + bias > 0.0
