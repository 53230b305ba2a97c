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
    moves = betas[rows] - beta
    norms = np.abs(moves).sum(axis=1)
    values = np.empty((len(rows), grams.shape[1]))
    flat = np.empty(grams.shape[1])
    for a in range(len(rows)):
        j = rows[a]
        power = 1.0
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
            smallest = add(values[a], powers[a], term[a])
            if smallest > norms[a] * series_error(deltas[j], m + 1) + CLEAR or m == terms - 1:
                positive[j] = values[a] > 0.0
            else:
                rows[kept], norms[kept], powers[kept] = j, norms[a], powers[a] * deltas[j]
                moves[kept], values[kept] = moves[a], values[a]
                kept += 1
        rows, moves = rows[:kept], moves[:kept]
        if kept == 0:
            break


@arithmetic_kernel
def add(to: np.ndarray, factor: float, values: np.ndarray) -> float:
    """Add ``factor * values`` in place; returns the smallest absolute value then."""
    smallest = np.inf
    for i in range(len(to)):
        to[i] += factor * values[i]
        size = abs(to[i])
        smallest = size if size < smallest else smallest
    return smallest
