"""Solving refits of a support vector machine to rounding, from near their solutions.

What a state leaves of the true optimality conditions is computed from the whole series in gamma and followed in turn,
until nothing is left.
"""

import numpy as np

from npal_cli.kernels import kernel
from npal_cli.kernels.svm.pair import PRECISION
from npal_cli.kernels.svm.path import follow, make_work
from npal_cli.kernels.svm.path_state import path_state_of, theta_of
from npal_cli.kernels.svm.sensitivity import respond, through_free
from npal_cli.kernels.svm.solutions import Solutions, candidate_of
from npal_cli.kernels.svm.tableau import Tableau

ROUNDS = 20


@kernel
def refine(tableau: Tableau, y: np.ndarray, solutions: Solutions, rows: np.ndarray) -> np.ndarray:
    """Move the states of some ``rows`` of solutions to where they belong; returns by how much they fail there (row,).

    That is below :data:`PRECISION`, or infinite for a solution that was lost. ``y`` (n,) are the points' classes, -1
    or 1.
    """
    residuals = np.full(len(rows), np.inf)
    work = make_work(len(y))
    ids = np.arange(len(rows))
    for _ in range(ROUNDS):
        left, margins = kkt_residuals(tableau, y, solutions, rows[ids])
        answers, _ = respond(tableau, left, solutions.deltas[rows[ids]])
        kept = 0
        for a in range(len(ids)):
            j = rows[ids[a]]
            state, candidate = path_state_of(solutions.states, j), candidate_of(solutions, j)
            worst = max(np.abs(left[a]).max(), abs(margins[a]))
            if worst < PRECISION:
                residuals[ids[a]] = worst
            elif worst < 1e3:
                change = np.append(answers[a], through_free(tableau, left[a], candidate.own) + margins[a])
                if follow(change, False, tableau, candidate, state, work) >= 0.0:
                    ids[kept] = ids[a]
                    kept += 1
        ids = ids[:kept]
        if kept == 0:
            break
    return residuals


@kernel
def kkt_residuals(
    tableau: Tableau, y: np.ndarray, solutions: Solutions, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How far w of the points and, last, the sum of beta are from what the states say, (row, n + 1).

    And how far the candidates' own w are, (row,).
    """
    count, n = len(rows), len(y)
    grams = tableau.grams
    betas = np.empty((count, n))
    for a in range(count):
        state = path_state_of(solutions.states, rows[a])
        betas[a] = np.where(state.free[:n], state.outputs[:n], state.bound_beta[:n])
    left, margins = np.empty((count, n + 1)), np.zeros(count)
    w = np.dot(betas, grams[len(grams) - 1])
    for m in range(len(grams) - 2, -1, -1):
        term = np.dot(betas, grams[m])
        for a in range(count):
            w[a] = solutions.deltas[rows[a]] * w[a] + term[a]
    for a in range(count):
        j = rows[a]
        state, given = path_state_of(solutions.states, j), solutions.given[j]
        theta, bias = theta_of(state), state.outputs[n]
        for i in range(n):
            claimed = 0.0 if state.free[i] else state.outputs[i]
            left[a, i] = w[a, i] + theta * given[i] + bias - y[i] - claimed
        left[a, n] = betas[a].sum() + theta
        if solutions.y[j] != 0.0:
            claimed = 0.0 if state.free[n + 1] else state.outputs[n + 1]
            margins[a] = np.dot(given[:n], betas[a]) + theta + bias - solutions.y[j] - claimed
    return left, margins
