"""Refits of a two-class support vector machine with an RBF kernel, a block of candidates at a time.

Equations: ``docs/concepts/refits.md``. ``gamma='scale'`` differs with every candidate; a block holds candidates
of nearly equal gamma. For each:

1. the base problem, without a candidate, is solved once, in the middle of the block's gammas, and is then known as a
   series in gamma (:mod:`npal_cli.kernels.svm.tableau`, equations 8, 11, 12);
2. each candidate's solution is followed from there, along its own beta, until its margin is right or its bound is
   reached (:mod:`npal_cli.kernels.svm.path`, equations 9, 10);
3. the KKT residual from truncating the series has a bound (13), and so have the errors of beta and of decision values
   (:mod:`npal_cli.kernels.svm.bounds`, equation 14); where the latter separates all decision values from zero,
   the refit is done;
4. others are solved to rounding (:mod:`npal_cli.kernels.svm.refine`); those whose free points even that does not
   tell from the bound ones are left to a plain solve.

A candidate of class 0 is absent: only gamma changes (a pair of classes that the candidate is in neither of).
"""

import numpy as np

from npal_cli.kernels import SMOOTH, kernel
from npal_cli.kernels.linalg.vectors import add, count_beyond, count_outside, total, write_signs
from npal_cli.kernels.svm.bounds import Curvature, Reach, curvature_of, inside, norms_with, reach, reach_of
from npal_cli.kernels.svm.decisions import CLEAR, Seen, decision_values, see
from npal_cli.kernels.svm.pair import PRECISION, Candidates, Pair, some_candidates
from npal_cli.kernels.svm.path_state import make_origin, path_state_of, theta_of
from npal_cli.kernels.svm.rbf import series_error
from npal_cli.kernels.svm.refine import refine
from npal_cli.kernels.svm.solutions import Solutions, find, moves_of, truncation_residual
from npal_cli.kernels.svm.tableau import Tableau, solve_base

TERMS = 16
ROUGH = 1e-4
"""How small the first neglected power of delta is in the answers to a candidate."""
FEW = 4
"""Absent candidates up to which they are treated as others."""
ILL = 1e-4
"""The smallest pivot of a path's small system with which its rounding is trusted to be small, unseen."""


@kernel
def refit_block(
    pair: Pair,
    candidates: Candidates,
    beta: np.ndarray,
    base: np.ndarray,
    positive: np.ndarray,
    done: np.ndarray,
    same: np.ndarray,
    values: np.ndarray,
) -> None:
    """Whether each decision value is positive after each refit.

    Writes the ``values`` (candidate, evaluation) themselves, to within :data:`SMOOTH`, unless that is empty.

    ``beta`` is a feasible start for the base solution, which replaces it. Writes to ``base`` (evaluation,) whether the
    base's decision values are, and to ``positive`` (candidate, evaluation) the candidates', but for those of which
    ``same`` (candidate,) then says that they equal ``base``. ``done`` (candidate,) says which refits succeeded.
    """
    done[:], same[:], base[:] = False, False, False
    gamma = 0.5 * (candidates.gammas.min() + candidates.gammas.max())
    deltas = candidates.gammas / gamma - 1.0
    widest = np.abs(deltas).max()
    order, errors = lengths_of_series(widest, (pair.high - pair.low).sum())
    tableau, trusted = solve_base(pair, gamma, beta, len(errors) - 1, order)
    rest = truncation_bound(tableau, widest, errors)
    if not trusted or rest > CLEAR:
        return
    lowest = candidates.gammas.min()
    seen = see(tableau, pair.evaluation, gamma)
    write_signs(seen.values[0], base)
    with_values = len(values) > 0
    if not with_values and (candidates.y == 0.0).sum() > FEW:
        curvature = curvature_of(pair.distances, lowest, tableau)
        far = reach(rest, len(tableau.points), curvature.norm)
        if len(curvature.points) == len(tableau.points) and is_steady(pair, tableau, widest, far):
            predict_absent(candidates, seen, deltas, widest, rest + far.value + CLEAR, base, positive, done, same)
    rows = np.flatnonzero(~done)
    if len(rows) == 0:
        return
    chosen = some_candidates(candidates, rows, pair)
    solutions, found = find(pair, chosen, tableau, deltas[rows])
    solved, signs = np.zeros(len(rows), np.bool_), np.empty((len(rows), len(base)), np.bool_)
    near = np.empty((len(rows) if with_values else 0, len(base)))
    curvature = curvature_of(pair.distances, lowest, tableau)
    decide_roughly(tableau, seen, chosen, solutions, found, curvature, widest, errors, rest, signs, solved, near)
    left = np.flatnonzero(found & ~solved)
    if len(left) > 0:
        residuals = refine(tableau, pair.y, solutions, left)
        curvature = curvature_of(pair.distances, lowest, tableau)
        norms = norms_with(curvature, chosen.to_points_lowest)
        for a in range(len(left)):
            j = left[a]
            state = path_state_of(solutions.states, j)
            far = reach_of(residuals[a] + 0.1 * PRECISION, state, curvature, norms[j])
            solved[j] = far.value < SMOOTH and inside(state, far)
        left = left[solved[left]]
        exact = _values(tableau, seen, chosen, solutions, left, len(errors) - 1)[0]
        for a in range(len(left)):
            write_signs(exact[a], signs[left[a]])
            if with_values:
                near[left[a]] = exact[a]
    for a in range(len(rows)):
        done[rows[a]] = solved[a]
        positive[rows[a]] = signs[a]
        if with_values:
            values[rows[a]] = near[a]


@kernel
def lengths_of_series(widest: float, largest: float) -> tuple[int, np.ndarray]:
    """How many terms the answers to candidates need, and what a kernel entry lacks after each number of terms.

    The last of these (term + 1,) is small enough for the base itself, whose abs(beta) sum to ``largest`` at most.
    """
    errors = np.empty(TERMS + 1)
    errors[0] = 1.0
    terms, order = 1, 1
    errors[1] = series_error(widest, 1)
    while terms < TERMS and largest * errors[terms] > 0.1 * PRECISION:
        terms += 1
        errors[terms] = series_error(widest, terms)
    while order < terms and widest**order > ROUGH:
        order += 1
    return order, errors[: terms + 1]


@kernel
def truncation_bound(tableau: Tableau, widest: float, errors: np.ndarray) -> float:
    """A bound of the KKT residual (8) from truncating the base's series: sums of (13)."""
    terms = len(tableau.betas)
    result = 0.0
    for m in range(terms):
        result += widest**m * total(tableau.betas[m]) * errors[terms - m]
    return result


@kernel
def is_steady(pair: Pair, tableau: Tableau, widest: float, far: Reach) -> bool:
    """Whether no point changes sides while gamma goes through the block without a candidate.

    The solutions there are as far from the truth as ``far`` says.
    """
    n = len(pair.y)
    origin = make_origin(tableau, np.append(pair.low, np.zeros(2)), np.append(pair.high, np.zeros(2)))
    drift = np.zeros(n + 1)
    for m in range(1, len(tableau.outputs)):
        drift += widest**m * np.abs(tableau.outputs[m])
    drift += np.where(tableau.free[: n + 1], far.beta, far.value)
    outputs = tableau.outputs[0]
    return (
        count_outside(outputs - drift, origin.floor, origin.ceiling) == 0.0
        and count_outside(outputs + drift, origin.floor, origin.ceiling) == 0.0
    )


@kernel
def predict_absent(
    candidates: Candidates,
    seen: Seen,
    deltas: np.ndarray,
    widest: float,
    error: float,
    base: np.ndarray,
    positive: np.ndarray,
    done: np.ndarray,
    same: np.ndarray,
) -> None:
    """Predict for absent candidates, to whom only gamma changes: most signs are equal in all of the block.

    ``error`` is how far decision values may be from the truth.
    """
    terms, e = seen.values.shape
    far = np.full(e, error)
    for m in range(1, terms):
        far += widest**m * np.abs(seen.values[m])
    unclear = np.flatnonzero(np.abs(seen.values[0]) <= far)
    for j in range(len(deltas)):
        if candidates.y[j] != 0.0:
            continue
        done[j] = True
        same[j] = True
        for i in unclear:
            value = seen.values[terms - 1, i]
            for m in range(terms - 2, -1, -1):
                value = deltas[j] * value + seen.values[m, i]
            if (value > 0.0) != base[i]:
                if same[j]:
                    same[j] = False
                    positive[j] = base
                positive[j, i] = value > 0.0


@kernel
def decide_roughly(
    tableau: Tableau,
    seen: Seen,
    candidates: Candidates,
    solutions: Solutions,
    found: np.ndarray,
    curvature: Curvature,
    widest: float,
    errors: np.ndarray,
    rest: float,
    signs: np.ndarray,
    solved: np.ndarray,
    near: np.ndarray,
) -> None:
    """Write the ``signs`` of refits whose decision values are farther from zero than their errors.

    Or, if ``near`` is not empty, both signs and values of those whose errors are below :data:`SMOOTH`.
    """
    order = tableau.columns.shape[1]
    rows = np.flatnonzero(found)
    with_values = len(near) > 0
    values, moved, moves = _values(tableau, seen, candidates, solutions, rows, order)
    norms = norms_with(curvature, candidates.to_points_lowest)
    for a in range(len(rows)):
        j = rows[a]
        state = path_state_of(solutions.states, j)
        if min(state.pivot[0], abs(solutions.own_self[j])) < ILL:
            continue
        residual = rest + truncation_residual(tableau, solutions, j, moved, moves[a], widest, errors)
        far = reach_of(residual, state, curvature, norms[j])
        bound = far.value + rest + total(moves[a] * errors[order]) + CLEAR
        if (bound < SMOOTH if with_values else count_beyond(values[a], bound) == values.shape[1]) and inside(
            state, far
        ):
            solved[j] = True
            write_signs(values[a], signs[j])
            if with_values:
                near[j] = values[a]


@kernel
def _values(
    tableau: Tableau, seen: Seen, candidates: Candidates, solutions: Solutions, rows: np.ndarray, order: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Decision values (row, e), to some order of the moves; and the moved points (u,) and their moves (row, u)."""
    n = solutions.own.shape[1] - 1
    moved = np.flatnonzero(tableau.known | tableau.free[:n])
    moves = moves_of(tableau, solutions, rows, moved)
    biases = solutions.states.outputs[rows, n] - solutions.base[rows, n]
    values = decision_values(seen, solutions.powers[rows], moved, moves, order, biases)
    for a in range(len(rows)):
        theta = theta_of(path_state_of(solutions.states, rows[a]))
        if theta != 0.0:
            add(values[a], theta, candidates.to_evaluation[rows[a]])
    return values, moved, moves
