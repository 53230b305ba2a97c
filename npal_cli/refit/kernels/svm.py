"""Refits of a two-class support vector machine with an RBF kernel, a block of candidates at a time.

``gamma='scale'`` differs with every candidate. A block holds candidates of nearly equal gamma; the base problem
(without a candidate) is solved once, in the middle of its gammas. Each candidate's solution is then followed from
there: first along the change of gamma, then along the candidate's own beta until its margin is right or its bound is
reached (:mod:`npal_cli.refit.kernels.path`). These paths use the kernel matrix of the base; what that leaves of the
true optimality conditions is computed from a series in gamma and followed in turn, until nothing is left.

A candidate of class 0 is absent: only gamma changes (a pair of classes that the candidate is in neither of).
"""

from typing import NamedTuple

import numpy as np

from npal_cli.refit.kernels import arithmetic_kernel, kernel
from npal_cli.refit.kernels.pair import PRECISION, Candidates, Pair
from npal_cli.refit.kernels.path import (
    UNBOUNDED,
    Place,
    add_candidate,
    follow,
    inside,
    make_places,
    make_work,
    place_of,
    start,
)
from npal_cli.refit.kernels.rbf import decay, series, series_error
from npal_cli.refit.kernels.signs import predict_signs
from npal_cli.refit.kernels.tableau import Tableau, solve_base, through_free

ROUNDS = 20
TERMS = 16


class Solutions(NamedTuple):
    """Where the candidates' solutions are (first axis: candidate)."""

    places: Place
    column: np.ndarray
    """(candidate, n + 1): kernel entries of each candidate with the points, and 1."""
    own: np.ndarray
    """(candidate, n + 1): each candidate's column of the tableau, and ..."""
    own_self: np.ndarray
    """... its entry with itself."""
    betas: np.ndarray
    thetas: np.ndarray
    """beta of the points, and of the candidate."""
    biases: np.ndarray
    gradient: np.ndarray
    """(candidate, n): w of the points, with the candidate's own kernel matrix."""
    error: np.ndarray
    """(candidate, n + 1): how far that is from what the tableau says; last, from the sum of all beta being zero."""
    margin_error: np.ndarray
    """(candidate,): how far the candidate's own w is from what its place says."""
    open: np.ndarray
    """Neither solved nor lost."""


@kernel
def refit_block(pair: Pair, candidates: Candidates, beta: np.ndarray, positive: np.ndarray, done: np.ndarray) -> None:
    """Whether each decision value is positive after each refit: into ``positive`` (candidate, evaluation).

    ``beta`` is a feasible start for the base solution, which replaces it. ``done`` says which refits succeeded.
    """
    done[:] = False
    gamma = 0.5 * (candidates.gammas.min() + candidates.gammas.max())
    deltas = candidates.gammas / gamma - 1.0
    widest = np.abs(deltas).max()
    terms = 1
    while terms < TERMS and 100.0 * series_error(widest, terms) > PRECISION:
        terms += 1
    grams = series(pair.distances, gamma, terms)
    tableau, solved = solve_base(pair, grams[0], beta)
    if not solved:
        return
    n, count = len(beta), len(deltas)
    low, high = np.full(n + 2, -UNBOUNDED), np.full(n + 2, UNBOUNDED)
    low[:n], high[:n] = pair.low, pair.high
    solutions = at_base(pair, candidates, tableau, grams, deltas)
    work = make_work(n)
    answers = np.dot(solutions.error, tableau.answer)
    for j in range(count):
        y = candidates.y[j]
        limit_candidate(candidates, j, low, high)
        place = place_of(solutions.places, j)
        start(place, tableau, low, high)
        margin = np.dot(solutions.column[j, :n], beta) + tableau.bias - y
        place.outputs[n + 1] = margin
        change = np.append(answers[j], through_free(solutions.error[j], solutions.own[j], tableau))
        own, own_self = solutions.own[j], solutions.own_self[j]
        done_with = follow(change, False, tableau, own, own_self, low, high, place, work) < 0.0
        if not done_with and y != 0.0:
            done_with = not add_candidate(y, tableau, own, own_self, low, high, place, work)
        solutions.open[j] = not done_with
    for _ in range(ROUNDS):
        update(candidates, grams, deltas, solutions, done)
        if not solutions.open.any():
            break
        answers = np.dot(solutions.error, tableau.answer)
        for j in range(count):
            if not solutions.open[j]:
                continue
            limit_candidate(candidates, j, low, high)
            place, own, own_self = place_of(solutions.places, j), solutions.own[j], solutions.own_self[j]
            change = np.append(answers[j], through_free(solutions.error[j], own, tableau))
            change[n + 1] += solutions.margin_error[j]
            solutions.open[j] = follow(change, False, tableau, own, own_self, low, high, place, work) >= 0.0
    predict_signs(
        pair,
        candidates,
        gamma,
        deltas,
        terms,
        beta,
        solutions.betas,
        solutions.thetas,
        solutions.biases,
        np.flatnonzero(done),
        positive,
    )


@kernel
def limit_candidate(candidates: Candidates, j: int, low: np.ndarray, high: np.ndarray) -> None:
    """Write the bounds of candidate j's beta to the last entry of all bounds."""
    low[-1] = min(0.0, candidates.y[j] * candidates.bounds[j])
    high[-1] = max(0.0, candidates.y[j] * candidates.bounds[j])


@kernel
def at_base(pair: Pair, candidates: Candidates, tableau: Tableau, grams: np.ndarray, deltas: np.ndarray) -> Solutions:
    """All candidates at the base solution, each with the error that its own gamma makes of it."""
    n, count = len(pair.y), len(deltas)
    terms = len(grams)
    column = np.ones((count, n + 1))
    for j in range(count):
        decay(candidates.gammas[j] * candidates.to_points[j], column[j, :n])
    own = np.dot(column, tableau.answer)
    own_self = np.empty(count)
    base = np.empty((terms, n))
    for m in range(terms):
        base[m] = np.dot(grams[m], tableau.beta)
    gradient = np.empty((count, n))
    error = np.zeros((count, n + 1))
    betas = np.empty((count, n))
    for j in range(count):
        own_self[j] = 1.0 + through_free(column[j], own[j], tableau)
        betas[j] = tableau.beta
        gradient[j] = base[terms - 1]
        for m in range(terms - 2, -1, -1):
            scale_and_add(gradient[j], deltas[j], base[m])
        gradient[j] += tableau.bias - pair.y
        error[j, :n] = gradient[j] - tableau.gradient
    return Solutions(
        make_places(count, n),
        column,
        own,
        own_self,
        betas,
        np.zeros(count),
        np.full(count, tableau.bias),
        gradient,
        error,
        np.zeros(count),
        np.ones(count, np.bool_),
    )


@kernel
def update(
    candidates: Candidates, grams: np.ndarray, deltas: np.ndarray, solutions: Solutions, done: np.ndarray
) -> None:
    """Take over where the paths led, and compute the error that is left; none left is ``done``."""
    n, count = grams.shape[1], len(deltas)
    moved = move(grams, deltas, solutions, done)
    for j in range(count):
        if not solutions.open[j]:
            solutions.error[j] = 0.0
            continue
        place = place_of(solutions.places, j)
        theta = place.outputs[n + 1] if place.free[n + 1] else place.held[n + 1]
        if candidates.y[j] == 0.0:
            theta = 0.0
        bias = place.outputs[n]
        worst = take_over(
            solutions.gradient[j],
            moved[j],
            bias - solutions.biases[j],
            theta - solutions.thetas[j],
            solutions.column[j],
            place,
            solutions.error[j],
        )
        solutions.thetas[j], solutions.biases[j] = theta, bias
        solutions.error[j, n] = solutions.betas[j].sum() + theta
        if candidates.y[j] != 0.0:
            margin = np.dot(solutions.column[j, :n], solutions.betas[j]) + theta + bias - candidates.y[j]
            solutions.margin_error[j] = margin - (0.0 if place.free[n + 1] else place.outputs[n + 1])
        worst = max(worst, abs(solutions.error[j, n]), abs(solutions.margin_error[j]))
        if worst < PRECISION or not worst < 1e3:
            settle(solutions, j, worst < PRECISION and inside(place), done)


@kernel
def settle(solutions: Solutions, j: int, solved: bool, done: np.ndarray) -> None:
    """Take candidate j out of what is open."""
    done[j] = solved
    solutions.open[j] = False
    solutions.error[j] = 0.0


@kernel
def move(grams: np.ndarray, deltas: np.ndarray, solutions: Solutions, done: np.ndarray) -> np.ndarray:
    """Set ``betas`` to where the paths led; returns what that does to w, (candidate, n)."""
    n, count = grams.shape[1], len(deltas)
    moves = np.zeros((count, n))
    largest = 0.0
    places = solutions.places
    for j in range(count):
        if solutions.open[j]:
            norm = follow_place(places.outputs[j], places.held[j], places.free[j], solutions.betas[j], moves[j])
            if norm * series_error(deltas[j], 1) < 0.1 * PRECISION:
                # What is left is this small: the tableau accounts for all but the change of gamma.
                place = place_of(places, j)
                solutions.thetas[j] = place.outputs[n + 1] if place.free[n + 1] else place.held[n + 1]
                solutions.biases[j] = place.outputs[n]
                settle(solutions, j, inside(place), done)
                moves[j] = 0.0
            else:
                largest = max(largest, norm)
    terms = 1
    while terms < len(grams) and largest * series_error(np.abs(deltas).max(), terms) > 0.1 * PRECISION:
        terms += 1
    moved = np.dot(moves, grams[terms - 1])
    for m in range(terms - 2, -1, -1):
        next_moved = np.dot(moves, grams[m])
        for j in range(count):
            scale_and_add(moved[j], deltas[j], next_moved[j])
    return moved


@arithmetic_kernel
def follow_place(outputs: np.ndarray, held: np.ndarray, free: np.ndarray, beta: np.ndarray, moves: np.ndarray) -> float:
    """Set ``beta`` to the place's; writes by how much, and returns the sum of that."""
    total = 0.0
    for i in range(len(beta)):
        new = outputs[i] if free[i] else held[i]
        moves[i] = new - beta[i]
        beta[i] = new
        total += abs(moves[i])
    return total


@kernel
def take_over(
    gradient: np.ndarray,
    moved: np.ndarray,
    bias: float,
    theta: float,
    column: np.ndarray,
    place: Place,
    error: np.ndarray,
) -> float:
    """Update w by what beta, the bias and the candidate's beta changed by; write its error and return the largest."""
    worst = 0.0
    for i in range(len(gradient)):
        gradient[i] += moved[i] + bias + theta * column[i]
        error[i] = gradient[i] - (0.0 if place.free[i] else place.outputs[i])
        worst = max(worst, abs(error[i]))
    return worst


@arithmetic_kernel
def scale_and_add(to: np.ndarray, factor: float, values: np.ndarray) -> None:
    """``to = factor * to + values``, in place."""
    for i in range(len(to)):
        to[i] = factor * to[i] + values[i]
