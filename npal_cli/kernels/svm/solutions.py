"""The solutions of a block's refits, as far as series in gamma know them, and how far that may be from the truth."""

from typing import NamedTuple

import numpy as np

from npal_cli.kernels import kernel
from npal_cli.kernels.linalg.vectors import copy, count_outside, subtract
from npal_cli.kernels.svm.pair import Candidates, Pair
from npal_cli.kernels.svm.path import Candidate, Work, add_candidate, follow, make_work
from npal_cli.kernels.svm.path_state import (
    UNBOUNDED,
    PathState,
    make_origin,
    make_path_states,
    path_state_of,
    start,
    theta_of,
)
from npal_cli.kernels.svm.sensitivity import respond, through_free
from npal_cli.kernels.svm.tableau import Tableau


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
    states: PathState
    low: np.ndarray
    high: np.ndarray
    """(n + 2,) bounds of beta; the last is that of the candidate which :func:`candidate_of` was asked for last."""


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
        make_path_states(count, n),
        low,
        high,
    )
    margins = np.dot(np.ascontiguousarray(given[:, :n]), tableau.betas.T)
    origin = make_origin(tableau, low, high)
    work = make_work(n)
    found = np.empty(count, np.bool_)
    for j in range(count):
        own_self[j] = 1.0 + through_free(tableau, given[j], own[j])
        state, candidate = path_state_of(solutions.states, j), candidate_of(solutions, j)
        start(state, origin)
        margin = margins[j, 0] + tableau.outputs[0, n] - candidate.y
        there = np.dot(margins[j], powers[j]) + solutions.base[j, n] - candidate.y
        found[j] = to_gamma(tableau, candidate, solutions.base[j], margin, there, state, work)
        if found[j] and candidate.y != 0.0:
            found[j] = add_candidate(tableau, candidate, state, work)
    return solutions, found


@kernel
def candidate_of(solutions: Solutions, j: int) -> Candidate:
    """Candidate j; writes its bounds to the last entries of the shared ones."""
    y, bound = solutions.y[j], solutions.bounds[j]
    solutions.low[-1] = min(0.0, y * bound)
    solutions.high[-1] = max(0.0, y * bound)
    return Candidate(solutions.deltas[j], y, solutions.own[j], solutions.own_self[j], solutions.low, solutions.high)


@kernel
def to_gamma(
    tableau: Tableau, candidate: Candidate, base: np.ndarray, margin: float, there: float, state: PathState, work: Work
) -> bool:
    """Move a state at the base's gamma to the candidate's, where the outputs are ``base`` if nothing changes sides.

    ``margin`` and ``there`` are the candidate's at the two. False if the path was lost.
    """
    n = len(base) - 1
    if count_outside(base, state.floor, state.ceiling) == 0.0:
        copy(state.outputs, base)
        state.outputs[n + 1] = there
        return True
    state.outputs[n + 1] = margin
    subtract(work.change, base, state.outputs)
    work.change[n + 1] = there - margin
    return follow(work.change, False, tableau, candidate, state, work) >= 0.0


@kernel
def moves_of(tableau: Tableau, solutions: Solutions, rows: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """How much beta of the ``moved`` points differs from the base's at each row's gamma, (row, u)."""
    moves = np.empty((len(rows), len(moved)))
    states, free = solutions.states, tableau.free
    for a in range(len(rows)):
        j = rows[a]
        outputs, bound_beta, now_free, base = states.outputs[j], states.bound_beta[j], states.free[j], solutions.base[j]
        for b in range(len(moved)):
            i = moved[b]
            moves[a, b] = (outputs[i] if now_free[i] else bound_beta[i]) - (base[i] if free[i] else tableau.betas[0, i])
    return moves


@kernel
def truncation_residual(
    tableau: Tableau,
    solutions: Solutions,
    j: int,
    moved: np.ndarray,
    moves: np.ndarray,
    widest: float,
    errors: np.ndarray,
) -> float:
    """A bound of the KKT residual (8) from truncating candidate j's series, its own condition included: sums of (13).

    ``moves`` (u,) are those of its ``moved`` points; ``errors`` (term + 1,) what a kernel entry lacks after so many
    terms, at ``widest`` delta.
    """
    order, n = tableau.columns.shape[1], tableau.betas.shape[1]
    state = path_state_of(solutions.states, j)
    delta = abs(solutions.deltas[j])
    ratio = delta / widest if widest > 0.0 else 0.0
    lacks, powers = np.empty(order), np.empty(order)
    for m in range(order):
        powers[m] = delta**m
        lacks[m] = powers[m] * ratio ** (order - m) * errors[order - m]
    own_size, own_lack = np.dot(solutions.sizes[j], powers), np.dot(solutions.sizes[j], lacks)
    result = abs(theta_of(state)) * own_lack
    for a in range(state.changes[0]):
        i = state.changed[a]
        if i < n and tableau.free[i]:
            size, lack = np.dot(tableau.sizes[i], powers), np.dot(tableau.sizes[i], lacks)
            result += abs(state.outputs[i]) * (lack * (1.0 + own_size) + size * own_lack)
    for b in range(len(moved)):
        i = moved[b]
        if not tableau.free[i] and moves[b] != 0.0:
            size, lack = np.dot(tableau.sizes[i], powers), np.dot(tableau.sizes[i], lacks) + lacks[0]
            result += abs(moves[b]) * (lack * (1.0 + own_size) + size * own_lack)
    return result
