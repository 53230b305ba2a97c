"""The signs of decision values of solved refits, from a series in gamma."""

import numpy as np

from npal_cli.refit.kernels import arithmetic_kernel, kernel
from npal_cli.refit.kernels.pair import Candidates, Pair
from npal_cli.refit.kernels.rbf import decay, series, series_error

CLEAR = 1e-8
"""Decision values closer to zero than this are taken as they are."""


@kernel
def predict_signs(
    pair: Pair,
    candidates: Candidates,
    gamma: float,
    deltas: np.ndarray,
    terms: int,
    beta: np.ndarray,
    betas: np.ndarray,
    thetas: np.ndarray,
    biases: np.ndarray,
    rows: np.ndarray,
    positive: np.ndarray,
) -> None:
    """Whether each decision value is positive, into the given ``rows`` of ``positive``.

    The base solution's part is known to all terms; what a candidate's differs by gets another term of the series only
    while a sign is open.
    """
    grams = series(pair.evaluation, gamma, terms)
    base = np.empty((terms, grams.shape[1]))
    for m in range(terms):
        base[m] = np.dot(grams[m], beta)
    moves = np.empty((len(rows), len(beta)))
    norms = np.zeros(len(rows))
    values = np.empty((len(rows), grams.shape[1]))
    flat = np.empty(grams.shape[1])
    for a in range(len(rows)):
        j = rows[a]
        power = 1.0
        norms[a] = difference(betas[j], beta, moves[a])
        values[a] = biases[j]
        for m in range(terms):
            add(values[a], power, base[m])
            power *= deltas[j]
        if thetas[j] != 0.0:
            decay(candidates.gammas[j] * candidates.to_evaluation[j], flat)
            add(values[a], thetas[j], flat)
    powers = np.ones(len(rows))
    for m in range(terms):
        term = np.dot(moves, grams[m].T)
        kept = 0
        for a in range(len(rows)):
            j = rows[a]
            add(values[a], powers[a], term[a])
            bound = norms[a] * series_error(deltas[j], m + 1) + CLEAR
            if m == terms - 1 or count_beyond(values[a], bound) == len(values[a]):
                write_signs(values[a], positive[j])
            else:
                rows[kept], norms[kept], powers[kept] = j, norms[a], powers[a] * deltas[j]
                moves[kept], values[kept] = moves[a], values[a]
                kept += 1
        rows, moves = rows[:kept], moves[:kept]
        if kept == 0:
            break


@arithmetic_kernel
def difference(left: np.ndarray, right: np.ndarray, to: np.ndarray) -> float:
    """``to = left - right``; returns the sum of its absolute values."""
    total = 0.0
    for i in range(len(to)):
        to[i] = left[i] - right[i]
        total += abs(to[i])
    return total


@arithmetic_kernel
def write_signs(values: np.ndarray, positive: np.ndarray) -> None:
    """``positive = values > 0``, in place."""
    for i in range(len(values)):
        positive[i] = values[i] > 0.0


@arithmetic_kernel
def add(to: np.ndarray, factor: float, values: np.ndarray) -> None:
    """Add ``factor * values`` in place."""
    for i in range(len(to)):
        to[i] += factor * values[i]


@arithmetic_kernel
def count_beyond(values: np.ndarray, bound: float) -> float:
    """How many values are farther from zero than ``bound``."""
    count = 0.0
    for i in range(len(values)):
        count += 1.0 if abs(values[i]) > bound else 0.0
    return count
