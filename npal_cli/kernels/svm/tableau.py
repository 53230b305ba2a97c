"""A solved support vector machine and how it answers to change, as series in gamma: (8), (9) and (12).

The equations are those of ``docs/concepts/refits.md``.

With the points split into free (F, with the bias) and bound ones (N), the optimality conditions are linear,
``w = [[K, 1], [1, 0]] (beta, bias) - (y, 0)``. Beta of F, the bias and w of N are the outputs; what is added to w of
F or to the sum of beta answers with ``u = -A_FF^-1 (that)`` in F, A the bordered matrix, and with ``K_NF u`` in N.

Gamma is ``(1 + delta)`` times the base's, ``K = sum_m delta^m G_m``, and each answer is a series in delta likewise:
``u_m = -A_FF^-1 sum_(h=1..m) G_h u_(m-h)``.
"""

from typing import NamedTuple

import numpy as np

from npal_cli.kernels import kernel
from npal_cli.kernels.linalg.systems import invert
from npal_cli.kernels.svm.pair import PRECISION, Pair
from npal_cli.kernels.svm.rbf import series
from npal_cli.kernels.svm.smo import smo

TOLERANCES = (1e-2, 1e-4, 1e-7, 0.1 * PRECISION)
"""Of the iterated solution, until it tells the free points from the bound ones."""


class Tableau(NamedTuple):
    """A base solution of n points, f of them free; answers are known to ``order`` terms, itself to ``term``."""

    grams: np.ndarray
    """(term, n, n) of the kernel matrix."""
    betas: np.ndarray
    """(term, n) of the solution while the split stays as it is, and ..."""
    outputs: np.ndarray
    """(term, n + 1) ... of all outputs: beta of free points, w of bound ones, the bias last."""
    free: np.ndarray
    """(n + 2,) bool: the bias is, a candidate (last) is not."""
    points: np.ndarray
    """(f,) the free points."""
    inverse: np.ndarray
    """(f + 1, f + 1) A_FF^-1, the bias last."""
    inner: np.ndarray
    """(order, f + 1, f + 1) of A_FF."""
    sides: np.ndarray
    """(order, f + 1, n) of A_F."""
    columns: np.ndarray
    """(n, order, n + 1): what a point's own change (of w if free, of beta if not) does to all outputs, and ..."""
    sizes: np.ndarray
    """(n, order) ... to beta of the free points, summed; both where ..."""
    known: np.ndarray
    """(n,) ... this says so: see :func:`npal_cli.kernels.svm.sensitivity.learn_column`."""


@kernel
def solve_base(pair: Pair, gamma: float, beta: np.ndarray, terms: int, order: int) -> tuple[Tableau, bool]:
    """Solve the base problem from a feasible ``beta``, which is replaced; and whether its tableau can be trusted.

    It cannot without free points, or where they hold the same point twice. Once the iterated solution tells the free
    points from the bound ones, their equations give the exact one.
    """
    n = len(beta)
    grams = series(pair.distances, gamma, terms)
    trusted = False
    for tolerance in TOLERANCES:
        _, converged = smo(grams[0], pair.y, pair.low, pair.high, beta, tolerance)
        free = _split(pair, beta)
        points = np.flatnonzero(free[:n])
        f = len(points)
        matrix = np.ones((f + 1, f + 1))
        matrix[f, f] = 0.0
        for a in range(f):
            for b in range(f):
                matrix[a, b] = grams[0, points[a], points[b]]
        inverse, invertible = invert(matrix)
        exact = beta.copy()
        bias = _solve_free(pair, grams[0], points, inverse, exact)
        trusted = converged and invertible and f > 0 and is_optimal(pair, grams[0], free, exact, bias)
        if trusted or not converged:
            break
    if trusted:
        beta[:] = exact
    sides = np.zeros((order, f + 1, n))
    inner = np.zeros((order, f + 1, f + 1))
    sides[0, f] = 1.0
    inner[0] = matrix
    for h in range(order):
        for a in range(f):
            sides[h, a] = grams[h, points[a]]
            if h > 0:
                for b in range(f):
                    inner[h, a, b] = sides[h, a, points[b]]
    betas, outputs = _base_series(pair, grams, points, inverse, sides[0], exact, bias)
    columns, sizes = np.empty((n, order, n + 1)), np.empty((n, order))
    known = np.zeros(n, np.bool_)
    return Tableau(grams, betas, outputs, free, points, inverse, inner, sides, columns, sizes, known), trusted


@kernel
def _solve_free(pair: Pair, gram: np.ndarray, points: np.ndarray, inverse: np.ndarray, beta: np.ndarray) -> float:
    """Set beta of the free points to solve their equations, given the others'; returns the bias."""
    f = len(points)
    beta[points] = 0.0
    w = np.dot(gram, beta)
    right = np.empty(f + 1)
    for a in range(f):
        right[a] = pair.y[points[a]] - w[points[a]]
    right[f] = -beta.sum()
    exact = np.dot(inverse, right)
    beta[points] = exact[:f]
    return exact[f]


@kernel
def is_optimal(pair: Pair, gram: np.ndarray, free: np.ndarray, beta: np.ndarray, bias: float) -> bool:
    """Whether beta is inside its bounds and w on the sides that the split says."""
    w = np.dot(gram, beta) + bias - pair.y
    for i in range(len(beta)):
        if free[i]:
            fine = pair.low[i] < beta[i] < pair.high[i] and abs(w[i]) < PRECISION
        else:
            fine = w[i] > -PRECISION if beta[i] == pair.low[i] else w[i] < PRECISION
        if not fine:
            return False
    return True


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
def _base_series(
    pair: Pair,
    grams: np.ndarray,
    points: np.ndarray,
    inverse: np.ndarray,
    side: np.ndarray,
    beta: np.ndarray,
    bias: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The tableau's ``betas`` and ``outputs``."""
    terms, n = grams.shape[0], len(beta)
    f = len(points)
    betas, outputs = np.zeros((terms, n)), np.empty((terms, n + 1))
    betas[0] = beta
    outputs[0, :n] = np.dot(grams[0], beta) + bias - pair.y
    outputs[0, n] = bias
    outputs[0, points] = beta[points]
    right = np.zeros(f + 1)
    for m in range(1, terms):
        w = np.dot(grams[m], beta)
        for h in range(1, m):
            w += np.dot(grams[h], betas[m - h])
        right[:f] = w[points]
        u = -np.dot(inverse, right)
        betas[m, points] = u[:f]
        outputs[m, :n] = w + np.dot(u, side)
        outputs[m, n] = u[f]
        outputs[m, points] = u[:f]
    return betas, outputs
