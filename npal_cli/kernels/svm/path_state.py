"""Where the solution of a support vector machine is while it is followed (:mod:`npal_cli.kernels.svm.path`).

Indices: 0..n-1 are points, n is the bias (always free), n + 1 the candidate.
"""

from typing import NamedTuple

import numpy as np

from npal_cli.kernels import inlined_kernel, kernel
from npal_cli.kernels.linalg.vectors import copy
from npal_cli.kernels.svm.tableau import Tableau

UNBOUNDED = 1e200
MOST_CHANGES = 24
"""Points that may change sides before the path is given up for a plain solve."""


class PathState(NamedTuple):
    """Where on the path a candidate's solution is; each (n + 2,), or (candidate, n + 2) for all, but the last two."""

    outputs: np.ndarray
    """beta of free points, w of bound ones."""
    floor: np.ndarray
    ceiling: np.ndarray
    """The interval of each output."""
    bound_beta: np.ndarray
    """beta of bound points."""
    free: np.ndarray
    changed: np.ndarray
    """(MOST_CHANGES,) points that are not on the side they were at the base; the first ``changes[0]`` are set."""
    changes: np.ndarray
    """(1,)"""
    pivot: np.ndarray
    """(1,) the smallest pivot, up to 1, of the small system that was solved last."""


@kernel
def make_path_states(count: int, n: int) -> PathState:
    """Room for the states of ``count`` candidates."""
    size = (count, n + 2)
    changed = np.empty((count, MOST_CHANGES), np.int64)
    return PathState(
        np.empty(size),
        np.empty(size),
        np.empty(size),
        np.zeros(size),
        np.zeros(size, np.bool_),
        changed,
        np.zeros((count, 1), np.int64),
        np.ones((count, 1)),
    )


@kernel
def path_state_of(states: PathState, j: int) -> PathState:
    """The state of candidate j."""
    return PathState(
        states.outputs[j],
        states.floor[j],
        states.ceiling[j],
        states.bound_beta[j],
        states.free[j],
        states.changed[j],
        states.changes[j],
        states.pivot[j],
    )


@kernel
def make_origin(tableau: Tableau, low: np.ndarray, high: np.ndarray) -> PathState:
    """The state of the base solution; the candidate is not yet bound to anything."""
    n = tableau.betas.shape[1]
    origin = path_state_of(make_path_states(1, n), 0)
    origin.free[:] = tableau.free
    origin.floor[n:] = -UNBOUNDED
    origin.ceiling[n:] = UNBOUNDED
    origin.outputs[: n + 1] = tableau.outputs[0]
    for i in range(n):
        beta = tableau.betas[0, i]
        if tableau.free[i]:
            origin.floor[i], origin.ceiling[i] = low[i], high[i]
        else:
            origin.bound_beta[i] = beta
            origin.floor[i], origin.ceiling[i] = (0.0, UNBOUNDED) if beta == low[i] else (-UNBOUNDED, 0.0)
    return origin


@inlined_kernel
def start(state: PathState, origin: PathState) -> None:
    """Put a state at the base solution."""
    state.changes[0] = 0
    state.pivot[0] = 1.0
    copy(state.free, origin.free)
    copy(state.bound_beta, origin.bound_beta)
    copy(state.floor, origin.floor)
    copy(state.ceiling, origin.ceiling)
    copy(state.outputs, origin.outputs)


@kernel
def theta_of(state: PathState) -> float:
    """The candidate's beta."""
    return state.outputs[-1] if state.free[-1] else state.bound_beta[-1]
