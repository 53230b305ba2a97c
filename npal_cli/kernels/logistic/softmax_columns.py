"""Candidates of a multinomial logistic regression near one base optimum, and how they step."""

from typing import NamedTuple

import numpy as np

from npal_cli.kernels import kernel


class SoftmaxBase(NamedTuple):
    """The base problem at its optimum: n points, e evaluation points, p dimensions with the 1, k classes."""

    points: np.ndarray
    """(n, p)"""
    evaluation: np.ndarray
    """(e, p)"""
    optimum: np.ndarray
    """(k, p)"""
    probabilities: np.ndarray
    """(k, n): probabilities of the points."""
    weights: np.ndarray
    """(n,)"""
    inverse: np.ndarray
    """(k p, k p): of the Hessian."""
    reach: float
    """The largest change of a point's range of logits by a step of length 1 in the Hessian's norm."""
    lengths: np.ndarray
    """(e,): the same for the evaluation points, with what is outside the span of the points."""


class Columns(NamedTuple):
    """Candidates and where they are; the last axis is the candidate."""

    ids: np.ndarray
    points: np.ndarray
    """(p, c)"""
    columns: np.ndarray
    """(k, k p, c): H^-1 (e_k x x_c)."""
    own: np.ndarray
    """(k, k, c): those times the candidate itself, with what it has outside the span of the points."""
    tau: np.ndarray
    """(k, c)"""
    r: np.ndarray
    """(k p, c)"""
    pull: np.ndarray
    """(k p, c): r is H^-1 pull."""
    last: np.ndarray
    last_pull: np.ndarray
    last_step: np.ndarray
    last_step_pull: np.ndarray


@kernel
def make_columns(base: SoftmaxBase, candidates: np.ndarray, extra: np.ndarray) -> Columns:
    """Candidates (c, p) at the base; ``extra`` (c,) is added to their own entries."""
    k, p = base.optimum.shape
    m = len(candidates)
    points = np.ascontiguousarray(candidates.T)
    columns = np.empty((k, k * p, m))
    own = np.zeros((k, k, m))
    for a in range(k):
        columns[a] = np.dot(np.ascontiguousarray(base.inverse[:, a * p : (a + 1) * p]), points)
        for b in range(k):
            own[a, b] = (columns[a, b * p : (b + 1) * p] * points).sum(axis=0)
        own[a, a] += extra
    zero = np.zeros((k * p, m))
    tau = np.zeros((k, m))
    return Columns(np.arange(m), points, columns, own, tau, zero, zero.copy(), zero, zero, zero, zero)


@kernel
def next_columns(iteration: int, state: Columns, mapped: np.ndarray, pull: np.ndarray, kept: np.ndarray) -> Columns:
    """The kept candidates with their next r: a secant step as in the two-class scheme."""
    step = mapped - state.r
    step_pull = pull - state.pull
    r, next_pull = mapped.copy(), pull.copy()
    if iteration > 0:
        change = step - state.last_step
        change_pull = step_pull - state.last_step_pull
        above = (step * change_pull).sum(axis=0)
        below = (change * change_pull).sum(axis=0)
        for j in range(len(above)):
            share = max(min(above[j] / below[j], 1.0), -1.0) if below[j] > 0.0 else 0.0
            r[:, j] -= share * (mapped[:, j] - state.last[:, j])
            next_pull[:, j] -= share * (pull[:, j] - state.last_pull[:, j])
    k = len(state.tau)
    columns = np.empty((k, len(r), len(kept)))
    own = np.empty((k, k, len(kept)))
    for a in range(k):
        columns[a] = state.columns[a][:, kept]
        own[a] = state.own[a][:, kept]
    return Columns(
        state.ids[kept],
        take(state.points, kept),
        columns,
        own,
        take(state.tau, kept),
        take(r, kept),
        take(next_pull, kept),
        take(mapped, kept),
        take(pull, kept),
        take(step, kept),
        take(step_pull, kept),
    )


@kernel
def take(values: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Some columns."""
    result = np.empty((len(values), len(kept)))
    for i in range(len(values)):
        for j in range(len(kept)):
            result[i, j] = values[i, kept[j]]
    return result
