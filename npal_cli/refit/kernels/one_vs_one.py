"""Refits of a support vector machine of two or more classes: one machine for each pair of classes, then votes.

A candidate joins the pairs of its own class; the others only feel that gamma changes with it.
"""

import numpy as np

from npal_cli.refit.kernels import arithmetic_kernel, kernel
from npal_cli.refit.kernels.pair import Candidates, Pair, refit_plainly
from npal_cli.refit.kernels.rbf import squared_distances
from npal_cli.refit.kernels.svm import refit_block

BLOCK = 128
"""Candidates at a time: what is computed of them stays in a core's cache."""
WIDEST = 1.2
"""The largest ratio of two gammas in a block, for the series in gamma to be short."""


@kernel
def refit(
    features: np.ndarray,
    labels: np.ndarray,
    candidates: np.ndarray,
    new_labels: np.ndarray,
    evaluation: np.ndarray,
    truths: np.ndarray,
    bounds: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confusion counts before and after each refit, and which of them can be trusted.

    Shapes: features (n, d), candidates (c, d), evaluation (e, d). Labels are class numbers; ``bounds`` (class,) is C
    times the weight of each class. Returns ``before`` (class, class), true by predicted, ``after`` (c, class, class)
    and ``done`` (c + 1,), whose last entry speaks for ``before``.
    """
    count, n_classes = len(candidates), len(bounds)
    shift = features.mean()
    features, candidates, evaluation = features - shift, candidates - shift, evaluation - shift
    # The problem without a candidate comes last, as one of no class.
    gammas = candidate_gammas(features, candidates)
    owners = np.append(new_labels, -1)
    order = np.argsort(gammas)
    confusion = np.zeros((count + 1, n_classes, n_classes), np.int32)
    done = np.zeros(count + 1, np.bool_)
    distances = squared_distances(features, features)
    for i in range(len(features)):
        distances[i, i] = 0.0
    seen = squared_distances(evaluation, features)
    starts = np.zeros((n_classes, n_classes, len(features)))
    begin = 0
    while begin <= count:
        end = min(begin + BLOCK, count + 1)
        while gammas[order[end - 1]] > WIDEST * gammas[order[begin]]:
            end = begin + (end - begin + 1) // 2
        ids = order[begin:end]
        block = np.zeros((len(ids), features.shape[1]))
        for j in range(len(ids)):
            if ids[j] < count:
                block[j] = candidates[ids[j]]
        votes, trusted = refit_pairs(
            labels,
            distances,
            seen,
            squared_distances(block, features),
            squared_distances(block, evaluation),
            gammas[ids],
            owners[ids],
            bounds,
            starts,
        )
        for j in range(len(ids)):
            done[ids[j]] = trusted[j]
            count_winners(votes[j], truths, confusion[ids[j]])
        begin = end
    return confusion[count], confusion[:count], done


@kernel
def candidate_gammas(features: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """``1 / (d variance)`` of all entries, with each candidate and, last, without any; 1 where that is infinite."""
    n, d = features.shape
    gammas = np.empty(len(candidates) + 1)
    total = features.sum()
    square = (features * features).sum()
    for j in range(len(gammas)):
        mean = total
        power = square
        size = n * d
        if j < len(candidates):
            mean += candidates[j].sum()
            power += (candidates[j] * candidates[j]).sum()
            size += d
        variance = max(power / size - (mean / size) ** 2, 0.0)
        gammas[j] = 1.0 / (d * variance) if variance > 0.0 else 1.0
    return gammas


@kernel
def refit_pairs(
    labels: np.ndarray,
    distances: np.ndarray,
    seen: np.ndarray,
    to_points: np.ndarray,
    to_evaluation: np.ndarray,
    gammas: np.ndarray,
    owners: np.ndarray,
    bounds: np.ndarray,
    starts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Votes (candidate, class, evaluation) of all pairs, and which candidates' votes can be trusted."""
    count, e = to_evaluation.shape
    n_classes = len(bounds)
    votes = np.zeros((count, n_classes, e), np.int16)
    trusted = np.ones(count, np.bool_)
    present = np.zeros(n_classes, np.bool_)
    present[labels] = True
    for first in range(n_classes):
        for second in range(first + 1, n_classes):
            if not present[first] and not present[second]:
                continue
            both = present[first] and present[second]
            missing = second if present[first] else first
            rows = np.flatnonzero((labels == first) | (labels == second))
            chosen = np.flatnonzero(both | (owners == missing))
            pair = make_pair(labels, rows, first, second, distances, seen, bounds)
            y = np.zeros(len(chosen))
            limits = np.ones(len(chosen))
            for j in range(len(chosen)):
                owner = owners[chosen[j]]
                if owner in (first, second):
                    y[j] = 1.0 if owner == second else -1.0
                    limits[j] = bounds[owner]
            candidates = Candidates(gammas[chosen], y, limits, select(to_points, chosen, rows), to_evaluation[chosen])
            positive = np.empty((len(chosen), e), np.bool_)
            done = np.zeros(len(chosen), np.bool_)
            beta = starts[first, second, : len(rows)]
            if both:
                refit_block(pair, candidates, beta, positive, done)
            refit_plainly(pair, candidates, beta, positive, done)
            for j in range(len(chosen)):
                trusted[chosen[j]] &= done[j]
                vote(positive[j], votes[chosen[j], first], votes[chosen[j], second])
    return votes, trusted


@arithmetic_kernel
def vote(positive: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """One vote of each evaluation point for the first class of a pair, or the second where that is positive."""
    for i in range(len(positive)):
        first[i] += not positive[i]
        second[i] += positive[i]


@kernel
def count_winners(votes: np.ndarray, truths: np.ndarray, counts: np.ndarray) -> None:
    """Add each evaluation point to the confusion counts; of classes with equal votes the first wins, as in libsvm."""
    winners = np.zeros(len(truths), np.int64)
    most = votes[0].copy()
    for label in range(1, len(votes)):
        for i in range(len(truths)):
            if votes[label, i] > most[i]:
                most[i] = votes[label, i]
                winners[i] = label
    for i in range(len(truths)):
        counts[truths[i], winners[i]] += 1


@kernel
def select(matrix: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The given rows and columns of a matrix."""
    result = np.empty((len(rows), len(columns)))
    for a in range(len(rows)):
        for b in range(len(columns)):
            result[a, b] = matrix[rows[a], columns[b]]
    return result


@kernel
def make_pair(
    labels: np.ndarray,
    rows: np.ndarray,
    first: int,
    second: int,
    distances: np.ndarray,
    seen: np.ndarray,
    bounds: np.ndarray,
) -> Pair:
    """The problem of two classes, the second of which is the positive one."""
    n = len(rows)
    y = np.empty(n)
    low = np.zeros(n)
    high = np.zeros(n)
    for i in range(n):
        if labels[rows[i]] == second:
            y[i] = 1.0
            high[i] = bounds[second]
        else:
            y[i] = -1.0
            low[i] = -bounds[first]
    return Pair(y, low, high, select(distances, rows, rows), select(seen, np.arange(len(seen)), rows))
