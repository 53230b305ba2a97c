"""The solutions of a block's refits, as far as series in gamma know them, and how far that may be from the truth."""

from typing import NamedTuple

import numpy as np

from npal_cli.refit.kernels import kernel
from npal_cli.refit.kernels.answers import respond, through_free
from npal_cli.refit.kernels.pair import Candidates, Pair
from npal_cli.refit.kernels.path import Newcomer, Work, add_candidate, follow, make_work
from npal_cli.refit.kernels.place import UNBOUNDED, Place, make_origin, make_places, place_of, start, theta_of
from npal_cli.refit.kernels.tableau import Tableau
from npal_cli.refit.kernels.vectors import copy, count_outside, subtract


class Solutions(NamedTuple):
    """Candidates and where the path has led them; the first axis is the candidate, if not said otherwise."""

    deltas: np.ndarray
    y: np.ndarray
    bounds: np.ndarray
    powers: np.ndarray
    """(candidate, term) of delta."""
    given: np.ndarray
    """(candidate, n + 1): kernel entries with the points, and 1; zero for an absent candidate."""
    own: np.ndarray
    """(candidate, n + 1): each candidate's column of the tableau, and ..."""
    own_self: np.ndarray
    """... its entry with itself."""
    sizes: np.ndarray
    """(candidate, order): the sum of each order's change of beta in ``own``."""
    base: np.ndarray
    """(candidate, n + 1): the outputs of the base solution at the candidate's gamma."""
    places: Place
    low: np.ndarray
    high: np.ndarray
    """(n + 2,) bounds of beta; the last is that of the candidate which :func:`newcomer_of` was asked for last."""


@kernel
def find(pair: Pair, candidates: Candidates, tableau: Tableau, deltas: np.ndarray) -> tuple[Solutions, np.ndarray]:
    """Follow each candidate from the base solution; also returns which were not lost on the way."""
    count, n = len(deltas), len(pair.y)
    terms = len(tableau.betas)
    powers = np.ones((count, terms))
    for m in range(1, terms):
        powers[:, m] = powers[:, m - 1] * deltas
    given = np.zeros((count, n + 1))
    for j in range(count):
        if candidates.y[j] != 0.0:
            given[j, :n] = candidates.to_points[j]
            given[j, n] = 1.0
    own, sizes = respond(tableau, given, deltas)
    own_self = np.empty(count)
    low, high = np.full(n + 2, -UNBOUNDED), np.full(n + 2, UNBOUNDED)
    low[:n], high[:n] = pair.low, pair.high
    solutions = Solutions(
        deltas,
        candidates.y,
        candidates.bounds,
        powers,
        given,
        own,
        own_self,
        sizes,
        np.dot(powers, tableau.outputs),
        make_places(count, n),
        low,
        high,
    )
    margins = np.dot(np.ascontiguousarray(given[:, :n]), tableau.betas.T)
    origin = make_origin(tableau, low, high)
    work = make_work(n)
    found = np.empty(count, np.bool_)
    for j in range(count):
        own_self[j] = 1.0 + through_free(tableau, given[j], own[j])
        place, newcomer = place_of(solutions.places, j), newcomer_of(solutions, j)
        start(place, origin)
        margin = margins[j, 0] + tableau.outputs[0, n] - newcomer.y
        there = np.dot(margins[j], powers[j]) + solutions.base[j, n] - newcomer.y
        found[j] = to_gamma(tableau, newcomer, solutions.base[j], margin, there, place, work)
        if found[j] and newcomer.y != 0.0:
            found[j] = add_candidate(tableau, newcomer, place, work)
    return solutions, found


@kernel
def newcomer_of(solutions: Solutions, j: int) -> Newcomer:
    """Candidate j; writes its bounds to the last entries of the shared ones."""
    y, bound = solutions.y[j], solutions.bounds[j]
    solutions.low[-1] = min(0.0, y * bound)
    solutions.high[-1] = max(0.0, y * bound)
    return Newcomer(solutions.deltas[j], y, solutions.own[j], solutions.own_self[j], solutions.low, solutions.high)


@kernel
def to_gamma(
    tableau: Tableau, newcomer: Newcomer, base: np.ndarray, margin: float, there: float, place: Place, work: Work
) -> bool:
    """Move a place at the base's gamma to the candidate's, where the outputs are ``base`` if nothing changes sides.

    ``margin`` and ``there`` are the candidate's at the two. False if the path was lost.
    """
    n = len(base) - 1
    if count_outside(base, place.floor, place.ceiling) == 0.0:
        copy(place.outputs, base)
        place.outputs[n + 1] = there
        return True
    place.outputs[n + 1] = margin
    subtract(work.change, base, place.outputs)
    work.change[n + 1] = there - margin
    return follow(work.change, False, tableau, newcomer, place, work) >= 0.0


@kernel
def moves_of(tableau: Tableau, solutions: Solutions, rows: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """How much beta of the ``moved`` points differs from the base's at each row's gamma, (row, u)."""
    moves = np.empty((len(rows), len(moved)))
    places, free = solutions.places, tableau.free
    for a in range(len(rows)):
        j = rows[a]
        outputs, held, now_free, base = places.outputs[j], places.held[j], places.free[j], solutions.base[j]
        for b in range(len(moved)):
            i = moved[b]
            moves[a, b] = (outputs[i] if now_free[i] else held[i]) - (base[i] if free[i] else tableau.betas[0, i])
    return moves


@kernel
def neglected(
    tableau: Tableau,
    solutions: Solutions,
    j: int,
    moved: np.ndarray,
    moves: np.ndarray,
    widest: float,
    errors: np.ndarray,
) -> float:
    """A bound of what the truncated answers leave of any optimality condition of candidate j, its own included.

    ``moves`` (u,) are those of its ``moved`` points; ``errors`` (term + 1,) what a kernel entry lacks after so many
    terms, at ``widest`` delta.
    """
    order, n = tableau.columns.shape[1], tableau.betas.shape[1]
    place = place_of(solutions.places, j)
    delta = abs(solutions.deltas[j])
    ratio = delta / widest if widest > 0.0 else 0.0
    lacks, powers = np.empty(order), np.empty(order)
    for m in range(order):
        powers[m] = delta**m
        lacks[m] = powers[m] * ratio ** (order - m) * errors[order - m]
    own_size, own_lack = np.dot(solutions.sizes[j], powers), np.dot(solutions.sizes[j], lacks)
    result = abs(theta_of(place)) * own_lack
    for a in range(place.changes[0]):
        i = place.changed[a]
        if i < n and tableau.free[i]:
            size, lack = np.dot(tableau.sizes[i], powers), np.dot(tableau.sizes[i], lacks)
            result += abs(place.outputs[i]) * (lack * (1.0 + own_size) + size * own_lack)
    for b in range(len(moved)):
        i = moved[b]
        if not tableau.free[i] and moves[b] != 0.0:
            size, lack = np.dot(tableau.sizes[i], powers), np.dot(tableau.sizes[i], lacks) + lacks[0]
            result += abs(moves[b]) * (lack * (1.0 + own_size) + size * own_lack)
    return result
