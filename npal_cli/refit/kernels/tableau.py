"""A solved support vector machine and how it answers to small changes.

With the points split into free (F, with the bias) and bound ones (N), the optimality conditions are linear,
``w = [[K, 1], [1, 0]] (beta, bias) - (y, 0)``. Solving them for beta of F and w of N given the rest is the principal
pivot on F: ``[[A_FF^-1, -A_FF^-1 A_FN], [A_NF A_FF^-1, A_NN - A_NF A_FF^-1 A_FN]]`` with A the bordered matrix.
"""

from typing import NamedTuple

import numpy as np

from npal_cli.refit.kernels import kernel
from npal_cli.refit.kernels.pair import PRECISION, Pair
from npal_cli.refit.kernels.smo import smo

CLOSE = 1e-5
"""How far the exact solution of the free points' equations may be from the iterated one."""


class Tableau(NamedTuple):
    """A base solution of n points, and its principal pivot."""

    beta: np.ndarray
    """(n,)"""
    bias: float
    gradient: np.ndarray
    """(n,) w: zero at free points."""
    free: np.ndarray
    """(n + 2,) bool: free at the base; the bias is, the candidate is not."""
    columns: np.ndarray
    """(n, n + 1): what each point's own change (of w if free, of beta if not) does to all outputs (beta or w)."""
    answer: np.ndarray
    """(n + 1, n + 1): what adding to each point's w, or to the sum of beta, does to all outputs."""


@kernel
def solve_base(pair: Pair, gram: np.ndarray, beta: np.ndarray) -> tuple[Tableau, bool]:
    """Solve the base problem from a feasible ``beta``, which is replaced; and whether its tableau can be trusted.

    It cannot without free points, or where they hold the same point twice.
    """
    _, solved = smo(gram, pair.y, pair.low, pair.high, beta, 0.1 * PRECISION)
    free = _split(pair, beta)
    points = np.flatnonzero(free[:-1])
    f = len(points)
    side = np.ones((len(beta), f))
    system = np.zeros((f, f))
    right = np.zeros(f)
    for a in range(f - 1):
        side[:, a] = gram[points[a]]
    for a in range(f - 1):
        system[a] = side[points[a]]
        system[f - 1, a] = 1.0
        right[a] = pair.y[points[a]]
    for j in range(len(beta)):
        if not free[j]:
            right -= beta[j] * side[j]
    inverse, invertible = _invert(system)
    exact = np.dot(inverse, right)
    trusted = solved and invertible and f > 1
    for a in range(f - 1):
        trusted = trusted and abs(exact[a] - beta[points[a]]) < CLOSE
    if trusted:
        beta[points[: f - 1]] = exact[: f - 1]
    gradient = np.dot(gram, beta) + exact[f - 1] - pair.y
    columns, answer = _pivot(gram, free, points, side, inverse)
    return Tableau(beta.copy(), exact[f - 1], gradient, free, columns, answer), trusted


@kernel
def _split(pair: Pair, beta: np.ndarray) -> np.ndarray:
    """Which points are free, (n + 2,); puts the others exactly on their bounds."""
    n = len(beta)
    free = np.zeros(n + 2, np.bool_)
    free[n] = True
    for i in range(n):
        margin = 1e-9 * (pair.high[i] - pair.low[i])
        if beta[i] <= pair.low[i] + margin:
            beta[i] = pair.low[i]
        elif beta[i] >= pair.high[i] - margin:
            beta[i] = pair.high[i]
        else:
            free[i] = True
    return free


@kernel
def _invert(matrix: np.ndarray) -> tuple[np.ndarray, bool]:
    """The inverse, and whether there is one."""
    try:
        return np.ascontiguousarray(np.linalg.inv(matrix)), True
    except Exception:  # noqa: BLE001  # numba knows no other kind
        return np.zeros(matrix.shape), False


@kernel
def _pivot(
    gram: np.ndarray, free: np.ndarray, points: np.ndarray, side: np.ndarray, inverse: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The tableau's ``columns`` and ``answer``, from A_.F (``side``) and the inverse of A_FF."""
    n = len(gram)
    mapped = np.dot(side, inverse)
    inner = np.dot(mapped, side.T)
    columns = np.empty((n, n + 1))
    answer = np.zeros((n + 1, n + 1))
    for a in range(len(points)):
        for b in range(len(points)):
            answer[points[a], points[b]] = -inverse[b, a]
        for j in range(n):
            if not free[j]:
                answer[points[a], j] = -mapped[j, a]
    for j in range(n):
        if free[j]:
            columns[j] = -answer[j]
        else:
            answer[j, j] = 1.0
            columns[j, :n] = gram[j] - inner[j]
            for a in range(len(points)):
                columns[j, points[a]] = -mapped[j, a]
    return columns, answer


@kernel
def through_free(change: np.ndarray, own: np.ndarray, tableau: Tableau) -> float:
    """What a change of the free points' w does to a candidate's, whose column of the tableau is ``own``."""
    total = 0.0
    for i in range(len(own)):
        if tableau.free[i]:
            total += change[i] * own[i]
    return total
