"""Solving refits of a support vector machine to rounding, from near their solutions.

What a place leaves of the true optimality conditions is computed from the whole series in gamma and followed in turn,
until nothing is left.
"""

import numpy as np

from npal_cli.refit.kernels import kernel
from npal_cli.refit.kernels.pair import PRECISION
from npal_cli.refit.kernels.path import follow, inside, make_work, place_of
from npal_cli.refit.kernels.solutions import Solutions, newcomer_of, theta_of
from npal_cli.refit.kernels.tableau import Tableau, respond, through_free

ROUNDS = 20


@kernel
def refine(tableau: Tableau, y: np.ndarray, solutions: Solutions, rows: np.ndarray, error: float) -> np.ndarray:
    """Move the places of some ``rows`` of solutions to where they belong; returns which of the rows were solved.

    ``y`` are the points'; ``error`` is what an entry of the kernel matrix lacks in the series of answers.
    """
    solved = np.zeros(len(rows), np.bool_)
    ids = np.arange(len(rows))
    betas = np.zeros((len(rows), len(y)))
    work = make_work(len(y))
    for _ in range(ROUNDS):
        kept = 0
        for a in range(len(ids)):
            place = place_of(solutions.places, rows[ids[a]])
            if error * take_over(place.outputs, place.held, place.free, betas[a]) < 0.1 * PRECISION:
                solved[ids[a]] = inside(place)
            else:
                ids[kept], betas[kept] = ids[a], betas[a]
                kept += 1
        ids, betas = ids[:kept], betas[:kept]
        left, margins = what_is_left(tableau, y, solutions, rows[ids], betas)
        answers, _ = respond(tableau, left, solutions.deltas[rows[ids]])
        kept = 0
        for a in range(len(ids)):
            j = rows[ids[a]]
            place = place_of(solutions.places, j)
            worst = max(np.abs(left[a]).max(), abs(margins[a]))
            if worst < PRECISION:
                solved[ids[a]] = inside(place)
            elif worst < 1e3:
                newcomer = newcomer_of(solutions, j)
                change = np.append(answers[a], through_free(tableau, left[a], newcomer.own) + margins[a])
                if follow(change, False, tableau, newcomer, place, work) >= 0.0:
                    ids[kept], betas[kept] = ids[a], betas[a]
                    kept += 1
        ids, betas = ids[:kept], betas[:kept]
        if kept == 0:
            break
    return solved


@kernel
def take_over(outputs: np.ndarray, held: np.ndarray, free: np.ndarray, beta: np.ndarray) -> float:
    """Set ``beta`` to the place's; returns by how much in sum."""
    total = 0.0
    for i in range(len(beta)):
        new = outputs[i] if free[i] else held[i]
        total += abs(new - beta[i])
        beta[i] = new
    return total


@kernel
def what_is_left(
    tableau: Tableau, y: np.ndarray, solutions: Solutions, rows: np.ndarray, betas: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How far w of the points, and the sum of beta, are from what the places say (row, n + 1); and the margins (row,)."""
    count, n = betas.shape
    grams = tableau.grams
    left, margins = np.empty((count, n + 1)), np.zeros(count)
    w = np.dot(betas, grams[len(grams) - 1])
    for m in range(len(grams) - 2, -1, -1):
        term = np.dot(betas, grams[m])
        for a in range(count):
            w[a] = solutions.deltas[rows[a]] * w[a] + term[a]
    for a in range(count):
        j = rows[a]
        place, given = place_of(solutions.places, j), solutions.given[j]
        theta, bias = theta_of(place), place.outputs[n]
        for i in range(n):
            claimed = 0.0 if place.free[i] else place.outputs[i]
            left[a, i] = w[a, i] + theta * given[i] + bias - y[i] - claimed
        left[a, n] = betas[a].sum() + theta
        if solutions.y[j] != 0.0:
            claimed = 0.0 if place.free[n + 1] else place.outputs[n + 1]
            margins[a] = np.dot(given[:n], betas[a]) + theta + bias - solutions.y[j] - claimed
    return left, margins
