"""Refits of a support vector machine of two or more classes: one machine for each pair of classes, then votes.

A candidate joins the pairs of its own class; the others only feel that gamma changes with it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from npal_cli.kernels import arithmetic_kernel, kernel
from npal_cli.kernels.linalg.vectors import squared_lengths
from npal_cli.kernels.svm.block import refit_block
from npal_cli.kernels.svm.pair import Candidates, Pair, refit_plainly, select
from npal_cli.kernels.svm.rbf import kernel_entries, squared_distances

BLOCK = 128
"""Candidates at a time with two classes, and up to so many times more with more: what is computed of the candidates of
a pair of classes stays in a core's cache."""
MOST = 4
WIDEST = 1.2
"""The largest ratio of two gammas in a block, for the series in gamma to be short."""


class Points(NamedTuple):
    """The annotated points, equal ones of a class taken together."""

    labels: np.ndarray
    copies: np.ndarray
    """(n,) how many there are of each."""
    distances: np.ndarray
    """(n, n) squared."""
    seen: np.ndarray
    """(n, evaluation) squared distances."""


def refit(
    features: np.ndarray,
    labels: np.ndarray,
    candidates: np.ndarray,
    new_labels: np.ndarray,
    evaluation: np.ndarray,
    truths: np.ndarray,
    bounds: np.ndarray,
    values: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confusion counts before and after each refit, and which of them can be trusted.

    Shapes: features (n, d), candidates (c, d), evaluation (e, d). Labels are class numbers; ``bounds`` (class,) is C
    times the weight of each class. Returns ``before`` (class, class), true by predicted, ``after`` (c, class, class)
    and ``done`` (c + 1,), whose last entry speaks for ``before``. Writes the decision values of each pair of classes
    to ``values`` (c + 1, pair, e), the last before any refit, NaN for pairs that are not annotated, unless it is empty.

    Not compiled itself: numba would compile all that it calls once more.
    """
    count, n_classes = len(candidates), len(bounds)
    by_class = np.argsort(truths, kind="stable")
    evaluation, truths = evaluation[by_class], truths[by_class]
    shift = features.mean()
    features, candidates, evaluation = features - shift, candidates - shift, evaluation - shift
    # The problem without a candidate comes last, as one of no class and, in a block, at zero.
    gammas, owners = candidate_gammas(features, candidates), np.append(new_labels, -1)
    candidates = np.concatenate([candidates, np.zeros((1, features.shape[1]))])
    confusion = np.zeros((count + 1, n_classes, n_classes), np.int32)
    done = np.zeros(count + 1, np.bool_)
    distances = squared_distances(features, features)
    np.fill_diagonal(distances, 0.0)
    kept, copies = distinct(features, labels, distances)
    features = features[kept]
    points = Points(labels[kept], copies, select(distances, kept, kept), squared_distances(features, evaluation))
    starts = np.zeros((n_classes, n_classes, len(features)))
    for ids in _blocks(gammas, BLOCK * min(n_classes - 1, MOST)):
        block, scales = candidates[ids], gammas[ids]
        some = np.full((len(ids) if len(values) else 0, n_classes * (n_classes - 1) // 2, len(evaluation)), np.nan)
        votes, done[ids] = refit_pairs(
            points,
            kernel_entries(block, scales, features),
            kernel_entries(block, np.full(len(ids), scales.min()), features),
            kernel_entries(block, scales, evaluation),
            scales,
            owners[ids],
            bounds,
            starts,
            some,
        )
        confusion[ids] = count_winners(votes, truths)
        if len(values):
            values[ids[:, None], :, by_class] = some.transpose(0, 2, 1)
    return confusion[count], confusion[:count], done


def _blocks(gammas: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Candidates by gamma, so many at a time or, where gammas differ by more than a series bears, fewer."""
    order, begin = np.argsort(gammas), 0
    while begin < len(order):
        end = min(begin + size, len(order))
        while gammas[order[end - 1]] > WIDEST * gammas[order[begin]]:
            end = begin + (end - begin + 1) // 2
        yield order[begin:end]
        begin = end


@kernel
def candidate_gammas(features: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """``1 / (d variance)`` of all entries, with each candidate and, last, without any; 1 where that is infinite."""
    n, d = features.shape
    gammas = np.empty(len(candidates) + 1)
    sums, squares = np.append(_sums(candidates), 0.0), np.append(squared_lengths(candidates), 0.0)
    total, square = _sums(features).sum(), squared_lengths(features).sum()
    for j in range(len(gammas)):
        size = (n + (j < len(candidates))) * d
        variance = max((square + squares[j]) / size - ((total + sums[j]) / size) ** 2, 0.0)
        gammas[j] = 1.0 / (d * variance) if variance > 0.0 else 1.0
    return gammas


@arithmetic_kernel
def _sums(rows: np.ndarray) -> np.ndarray:
    result = np.empty(len(rows))
    for i in range(len(rows)):
        total = 0.0
        for k in range(rows.shape[1]):
            total += rows[i, k]
        result[i] = total
    return result


@kernel
def distinct(features: np.ndarray, labels: np.ndarray, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first of each set of equal points of one class, and how often each stands there.

    Equal points share what their beta sum to in any way, which would leave the equations of free ones singular.
    """
    copies = np.ones(len(features))
    for i in range(len(features)):
        for j in range(i):
            if distances[i, j] < 1e-9 and labels[i] == labels[j] and (features[i] == features[j]).all():
                copies[j] += copies[i]
                copies[i] = 0.0
                break
    kept = np.flatnonzero(copies)
    return kept, copies[kept]


@kernel
def refit_pairs(
    points: Points,
    to_points: np.ndarray,
    to_points_lowest: np.ndarray,
    to_evaluation: np.ndarray,
    gammas: np.ndarray,
    owners: np.ndarray,
    bounds: np.ndarray,
    starts: np.ndarray,
    values: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Votes (candidate, class, evaluation) of all pairs, and which candidates' votes can be trusted.

    Writes the decision values of all pairs to ``values`` (candidate, pair, evaluation), unless it is empty.
    """
    count, e = to_evaluation.shape
    n_classes = len(bounds)
    votes = np.zeros((count, n_classes, e), np.int16)
    shared = np.zeros((n_classes, e), np.int16)
    trusted = np.ones(count, np.bool_)
    present = np.zeros(n_classes, np.bool_)
    present[points.labels] = True
    base, positive = np.empty(e, np.bool_), np.empty((count, e), np.bool_)
    done, same, y, limits = np.empty(count, np.bool_), np.empty(count, np.bool_), np.empty(count), np.empty(count)
    index = -1
    own = np.empty((len(values), e))
    for first in range(n_classes):
        for second in range(first + 1, n_classes):
            index += 1
            if not present[first] and not present[second]:
                continue
            pair = make_pair(points, first, second, bounds)
            for j in range(count):
                y[j] = 1.0 if owners[j] == second else (-1.0 if owners[j] == first else 0.0)
                limits[j] = bounds[owners[j]] if y[j] != 0.0 else 0.0
            candidates = Candidates(gammas, y, limits, to_points, to_points_lowest, to_evaluation)
            beta = starts[first, second, : len(pair.y)]
            base[:] = False
            both = present[first] and present[second]
            own[:] = np.nan
            if both:
                refit_block(pair, candidates, beta, base, positive, done, same, own)
                vote(base, np.zeros_like(base), shared[first], shared[second])
                shared[first] += 1
            else:  # only candidates of the missing class make a pair of it
                done[:] = y != (1.0 if present[first] else -1.0)
                same[:] = done
            refit_plainly(pair, candidates, beta, positive, done, own)
            for j in range(len(values)):
                values[j, index] = own[j]
            for j in range(count):
                trusted[j] &= done[j]
                if not same[j]:
                    votes[j, first] += not both
                    vote(positive[j], base, votes[j, first], votes[j, second])
    for j in range(count):
        votes[j] += shared
    return votes, trusted


@arithmetic_kernel
def vote(positive: np.ndarray, before: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """Move the vote of each evaluation point between the classes of a pair where ``positive`` is not as ``before``."""
    for i in range(len(positive)):
        change = np.int16(positive[i]) - np.int16(before[i])
        second[i] += change
        first[i] -= change


@kernel
def count_winners(votes: np.ndarray, truths: np.ndarray) -> np.ndarray:
    """Confusion counts (candidate, class, class) of votes; of classes with equal votes the first wins, as in libsvm.

    ``truths`` are in order.
    """
    count, n_classes, e = votes.shape
    counts = np.zeros((count, n_classes, n_classes), np.int32)
    for j in range(count):
        winners, most = np.zeros(e, np.int16), votes[j, 0].copy()
        for label in range(1, n_classes):
            _overtake(votes[j, label], label, most, winners)
        begin = 0
        for truth in range(n_classes):
            end = begin
            while end < e and truths[end] == truth:
                end += 1
            for label in range(n_classes):
                counts[j, truth, label] = _count(winners[begin:end], label)
            begin = end
    return counts


@arithmetic_kernel
def _overtake(votes: np.ndarray, label: int, most: np.ndarray, winners: np.ndarray) -> None:
    """Make ``label`` the winner where it has more votes than the winner."""
    for i in range(len(votes)):
        more = votes[i] > most[i]
        most[i] = votes[i] if more else most[i]
        winners[i] = label if more else winners[i]


@arithmetic_kernel
def _count(winners: np.ndarray, label: int) -> int:
    """How many points ``label`` has won."""
    count = 0
    for i in range(len(winners)):
        count += winners[i] == label
    return count


@kernel
def make_pair(points: Points, first: int, second: int, bounds: np.ndarray) -> Pair:
    """The problem of two classes, the second of which is the positive one; at least one is annotated."""
    labels, copies = points.labels, points.copies
    rows = np.flatnonzero((labels == first) | (labels == second))
    n = len(rows)
    y, low, high = np.empty(n), np.zeros(n), np.zeros(n)
    for i in range(n):
        bound = bounds[labels[rows[i]]] * copies[rows[i]]
        if labels[rows[i]] == second:
            y[i] = 1.0
            high[i] = bound
        else:
            y[i] = -1.0
            low[i] = -bound
    seen = points.seen
    return Pair(rows, y, low, high, select(points.distances, rows, rows), select(seen, rows, np.arange(seen.shape[1])))
