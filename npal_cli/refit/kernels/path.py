"""Following the solution of a support vector machine while its data change along a line.

Points split into free ones (``low < beta < high``, gradient ``w = K beta + bias - y`` zero) and bound ones (beta at a
bound, w on its allowed side). Within one split everything is linear, so the solution follows straight pieces; where a
value reaches the end of its interval its point changes sides (Cauwenberghs and Poggio, 2001). The split of the *base*
problem is inverted once (:mod:`npal_cli.refit.kernels.tableau`); the few points that changed sides since are handled
by a small system of their own.

Indices are those of a :class:`npal_cli.refit.kernels.place.Place`.
"""

from typing import NamedTuple

import numpy as np

from npal_cli.refit.kernels import arithmetic_kernel, inlined_kernel, kernel
from npal_cli.refit.kernels.answers import learn_column
from npal_cli.refit.kernels.pair import PRECISION
from npal_cli.refit.kernels.place import MOST_CHANGES, UNBOUNDED, Place
from npal_cli.refit.kernels.tableau import Tableau
from npal_cli.refit.kernels.vectors import add, copy, scale, smallest


class Newcomer(NamedTuple):
    """A candidate as the path needs it."""

    delta: float
    y: float
    """-1 or 1; 0 if it is absent."""
    own: np.ndarray
    """(n + 1,): its column of the tableau, and ..."""
    own_self: float
    """... its entry with itself."""
    low: np.ndarray
    high: np.ndarray
    """(n + 2,) bounds of all beta, its own last."""


class Work(NamedTuple):
    """Scratch space."""

    system: np.ndarray
    solution: np.ndarray
    change: np.ndarray
    direction: np.ndarray
    steps: np.ndarray


@kernel
def add_candidate(tableau: Tableau, newcomer: Newcomer, place: Place, work: Work) -> bool:
    """Move the candidate's beta from zero until its margin is right or its bound is reached; False if lost."""
    y, c = newcomer.y, len(newcomer.own)
    place.floor[c], place.ceiling[c] = (0.0, UNBOUNDED) if y > 0 else (-UNBOUNDED, 0.0)
    if place.outputs[c] * y >= -PRECISION:
        return True
    place.floor[c], place.ceiling[c] = (-UNBOUNDED, 0.0) if y > 0 else (0.0, UNBOUNDED)
    bound = newcomer.high[c] if y > 0 else newcomer.low[c]
    scale(work.change, bound, newcomer.own)
    work.change[c] = bound * newcomer.own_self
    reached = follow(work.change, True, tableau, newcomer, place, work)
    place.held[c] = bound * reached
    return reached >= 0 and (reached == 1.0 or switch(tableau, newcomer, place, c, False))


@kernel
def make_work(n: int) -> Work:
    """Scratch space for n points."""
    system, solution = np.empty((MOST_CHANGES, MOST_CHANGES)), np.empty(MOST_CHANGES)
    return Work(system, solution, np.empty(n + 2), np.empty(n + 2), np.empty(n + 2))


@kernel
def follow(
    change: np.ndarray, until_candidate: bool, tableau: Tableau, newcomer: Newcomer, place: Place, work: Work
) -> float:
    """Move the outputs along the answer to ``change`` (n + 2,), in units of it from 0 to 1.

    With ``until_candidate`` the path ends where the candidate's output reaches the end of its interval. Returns how far
    it went, negative if it was lost.
    """
    candidate = len(change) - 1
    done = 0.0
    for _ in range(10 * MOST_CHANGES):
        if not _direction(change, tableau, newcomer, place, work):
            return -1.0
        _steps(place.outputs, place.floor, place.ceiling, work.direction, work.steps)
        step, hit = first_of(work.steps, 1.0 - done)
        add(place.outputs, step, work.direction)
        done += step
        if hit < 0 or (until_candidate and hit == candidate):
            return done
        if not switch(tableau, newcomer, place, hit, work.direction[hit] > 0):
            return -1.0
    return -1.0


@inlined_kernel
def switch(tableau: Tableau, newcomer: Newcomer, place: Place, i: int, upwards: bool) -> bool:
    """Let index ``i`` change sides; False if too many have."""
    low, high = newcomer.low, newcomer.high
    if place.free[i]:
        place.free[i] = False
        place.held[i] = high[i] if upwards else low[i]
        place.floor[i] = -UNBOUNDED if upwards else 0.0
        place.ceiling[i] = 0.0 if upwards else UNBOUNDED
        place.outputs[i] = 0.0
    else:
        place.free[i] = True
        place.floor[i] = low[i]
        place.ceiling[i] = high[i]
        place.outputs[i] = place.held[i]
    count = place.changes[0]
    for a in range(count):
        if place.changed[a] == i:
            for b in range(a, count - 1):
                place.changed[b] = place.changed[b + 1]
            place.changes[0] = count - 1
            return True
    if count == MOST_CHANGES:
        return False
    if i < len(low) - 2:
        learn_column(tableau, i)
    place.changed[count] = i
    place.changes[0] = count + 1
    return True


@inlined_kernel
def _direction(change: np.ndarray, tableau: Tableau, newcomer: Newcomer, place: Place, work: Work) -> bool:
    """The direction of all outputs, given that what changed sides is now held where it was an output."""
    candidate = len(change) - 1
    count = place.changes[0]
    direction, solution, system = work.direction, work.solution, work.system
    changed, columns, free = place.changed, tableau.columns, tableau.free
    delta, own, own_self, order = newcomer.delta, newcomer.own, newcomer.own_self, columns.shape[1]
    for a in range(count):
        i = changed[a]
        solution[a] = -change[i]
        for b in range(count):
            j = changed[b]
            if j == candidate:
                system[a, b] = own_self if i == candidate else own[i]
            elif i == candidate:
                system[a, b] = -own[j] if free[j] else own[j]
            else:
                entry = columns[j, order - 1, i]
                for m in range(order - 2, -1, -1):
                    entry = delta * entry + columns[j, m, i]
                system[a, b] = entry
    place.pivot[0] = solve_linear(system, solution, count)
    if place.pivot[0] == 0.0:
        return False
    copy(direction, change)
    for a in range(count):
        j = changed[a]
        if j == candidate:
            add(direction, solution[a], own)
            direction[candidate] += solution[a] * own_self
        else:
            power = solution[a]
            for m in range(order):
                add(direction, power, columns[j, m])
                power *= delta
            direction[candidate] += solution[a] * (-own[j] if free[j] else own[j])
    for a in range(count):
        direction[changed[a]] = solution[a]
    return True


@arithmetic_kernel
def _steps(
    outputs: np.ndarray, floor: np.ndarray, ceiling: np.ndarray, direction: np.ndarray, steps: np.ndarray
) -> None:
    """How far each output may go before it leaves its interval."""
    for i in range(len(outputs)):
        d, above, below = direction[i], ceiling[i] - outputs[i], floor[i] - outputs[i]
        step = (above if d > 0.0 else below) / d
        step = step if step > 0.0 else 0.0
        steps[i] = step if abs(d) > 1e-13 else UNBOUNDED


@inlined_kernel
def first_of(steps: np.ndarray, most: float) -> tuple[float, int]:
    """The smallest step below ``most`` and its index; ``most`` and -1 if there is none."""
    step = min(most, smallest(steps))
    if step < most:
        for i in range(len(steps)):
            if steps[i] == step:
                return step, i
    return most, -1


@kernel
def solve_linear(system: np.ndarray, right: np.ndarray, size: int) -> float:
    """Gaussian elimination with partial pivoting, in place; returns the smallest pivot up to 1, and 0 if singular."""
    smallest = 1.0
    for i in range(size):
        pivot = i
        for row in range(i + 1, size):
            if abs(system[row, i]) > abs(system[pivot, i]):
                pivot = row
        if not abs(system[pivot, i]) > 1e-11:
            return 0.0
        smallest = min(smallest, abs(system[pivot, i]))
        if pivot != i:
            for column in range(i, size):
                system[i, column], system[pivot, column] = system[pivot, column], system[i, column]
            right[i], right[pivot] = right[pivot], right[i]
        for row in range(i + 1, size):
            factor = system[row, i] / system[i, i]
            for column in range(i + 1, size):
                system[row, column] -= factor * system[i, column]
            right[row] -= factor * right[i]
    for i in range(size - 1, -1, -1):
        for column in range(i + 1, size):
            right[i] -= system[i, column] * right[column]
        right[i] /= system[i, i]
    return smallest
