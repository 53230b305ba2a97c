"""Following the solution of a support vector machine while its data change along a line.

Points split into free ones (``low < beta < high``, gradient ``w = K beta + bias - y`` zero) and bound ones (beta at a
bound, w on its allowed side). Within one split everything is linear, so the solution follows straight pieces; where a
value reaches the end of its interval its point changes sides (Cauwenberghs and Poggio, 2001). The split of the *base*
problem is inverted once (:mod:`npal_cli.kernels.svm.tableau`); the few points that changed sides since are
handled by a small system of their own: equation (10) of ``docs/concepts/refits.md``.

Indices are those of a :class:`npal_cli.kernels.svm.path_state.PathState`.
"""

from typing import NamedTuple

import numpy as np

from npal_cli.kernels import arithmetic_kernel, inlined_kernel, kernel
from npal_cli.kernels.linalg.systems import solve_linear
from npal_cli.kernels.linalg.vectors import add, copy, scale, smallest
from npal_cli.kernels.svm.pair import PRECISION
from npal_cli.kernels.svm.path_state import MOST_CHANGES, UNBOUNDED, PathState
from npal_cli.kernels.svm.sensitivity import learn_column
from npal_cli.kernels.svm.tableau import Tableau


class Candidate(NamedTuple):
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
def add_candidate(tableau: Tableau, candidate: Candidate, state: PathState, work: Work) -> bool:
    """Move the candidate's beta from zero until its margin is right or its bound is reached; False if lost."""
    y, c = candidate.y, len(candidate.own)
    state.floor[c], state.ceiling[c] = (0.0, UNBOUNDED) if y > 0 else (-UNBOUNDED, 0.0)
    if state.outputs[c] * y >= -PRECISION:
        return True
    state.floor[c], state.ceiling[c] = (-UNBOUNDED, 0.0) if y > 0 else (0.0, UNBOUNDED)
    bound = candidate.high[c] if y > 0 else candidate.low[c]
    scale(work.change, bound, candidate.own)
    work.change[c] = bound * candidate.own_self
    reached = follow(work.change, True, tableau, candidate, state, work)
    state.bound_beta[c] = bound * reached
    return reached >= 0 and (reached == 1.0 or switch(tableau, candidate, state, c, False))


@kernel
def make_work(n: int) -> Work:
    """Scratch space for n points."""
    system, solution = np.empty((MOST_CHANGES, MOST_CHANGES)), np.empty(MOST_CHANGES)
    return Work(system, solution, np.empty(n + 2), np.empty(n + 2), np.empty(n + 2))


@kernel
def follow(
    change: np.ndarray, until_candidate: bool, tableau: Tableau, candidate: Candidate, state: PathState, work: Work
) -> float:
    """Move the outputs along the answer to ``change`` (n + 2,), in units of it from 0 to 1.

    With ``until_candidate`` the path ends where the candidate's output reaches the end of its interval. Returns how far
    it went, negative if it was lost.
    """
    own_index = len(change) - 1
    done = 0.0
    for _ in range(10 * MOST_CHANGES):
        if not _direction(change, tableau, candidate, state, work):
            return -1.0
        _steps(state.outputs, state.floor, state.ceiling, work.direction, work.steps)
        step, hit = first_of(work.steps, 1.0 - done)
        add(state.outputs, step, work.direction)
        done += step
        if hit < 0 or (until_candidate and hit == own_index):
            return done
        if not switch(tableau, candidate, state, hit, work.direction[hit] > 0):
            return -1.0
    return -1.0


@inlined_kernel
def switch(tableau: Tableau, candidate: Candidate, state: PathState, i: int, upwards: bool) -> bool:
    """Let index ``i`` change sides; False if too many have."""
    low, high = candidate.low, candidate.high
    if state.free[i]:
        state.free[i] = False
        state.bound_beta[i] = high[i] if upwards else low[i]
        state.floor[i] = -UNBOUNDED if upwards else 0.0
        state.ceiling[i] = 0.0 if upwards else UNBOUNDED
        state.outputs[i] = 0.0
    else:
        state.free[i] = True
        state.floor[i] = low[i]
        state.ceiling[i] = high[i]
        state.outputs[i] = state.bound_beta[i]
    count = state.changes[0]
    for a in range(count):
        if state.changed[a] == i:
            for b in range(a, count - 1):
                state.changed[b] = state.changed[b + 1]
            state.changes[0] = count - 1
            return True
    if count == MOST_CHANGES:
        return False
    if i < len(low) - 2:
        learn_column(tableau, i)
    state.changed[count] = i
    state.changes[0] = count + 1
    return True


@inlined_kernel
def _direction(change: np.ndarray, tableau: Tableau, candidate: Candidate, state: PathState, work: Work) -> bool:
    """The direction of all outputs after pivoting the points that switched between free and bound: equation (10)."""
    own_index = len(change) - 1
    count = state.changes[0]
    direction, solution, system = work.direction, work.solution, work.system
    changed, columns, free = state.changed, tableau.columns, tableau.free
    delta, own, own_self, order = candidate.delta, candidate.own, candidate.own_self, columns.shape[1]
    for a in range(count):
        i = changed[a]
        solution[a] = -change[i]
        for b in range(count):
            j = changed[b]
            if j == own_index:
                system[a, b] = own_self if i == own_index else own[i]
            elif i == own_index:
                system[a, b] = -own[j] if free[j] else own[j]
            else:
                entry = columns[j, order - 1, i]
                for m in range(order - 2, -1, -1):
                    entry = delta * entry + columns[j, m, i]
                system[a, b] = entry
    state.pivot[0] = solve_linear(system, solution, count)
    if state.pivot[0] == 0.0:
        return False
    copy(direction, change)
    for a in range(count):
        j = changed[a]
        if j == own_index:
            add(direction, solution[a], own)
            direction[own_index] += solution[a] * own_self
        else:
            power = solution[a]
            for m in range(order):
                add(direction, power, columns[j, m])
                power *= delta
            direction[own_index] += solution[a] * (-own[j] if free[j] else own[j])
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
