"""How far what nearly solves the equations is from the solution: (14), proved in ``docs/concepts/refits.md``.

Let each optimality condition of a candidate's solution fail by R at most, with f free points whose kernel matrix has
no eigenvalue below c. Then, if the split of the points is right, each beta is within ``R sqrt(f) / c`` of the truth,
and each decision value (and so each w) within ``R (1 + sqrt(2 f / c))``. And the split is right if no beta and no w is
nearer than that to the end of its interval.

An RBF kernel's matrix has eigenvalues that only rise with gamma (Schur's product theorem): one c at the smallest gamma
holds for a whole block, and for every subset of the points that it was computed with.
"""

import math
from typing import NamedTuple

import numpy as np

from npal_cli.kernels import kernel
from npal_cli.kernels.linalg.systems import invert
from npal_cli.kernels.linalg.vectors import total
from npal_cli.kernels.svm.pair import select
from npal_cli.kernels.svm.path_state import PathState
from npal_cli.kernels.svm.rbf import series
from npal_cli.kernels.svm.tableau import Tableau

LEAST = 1e-8
"""Points nearer than this to the span of the others in feature space, squared, are not bounded: rounding would tell."""


class Curvature(NamedTuple):
    """What bounds the eigenvalues of kernel matrices of points that are free somewhere in a block, from below."""

    points: np.ndarray
    """(u,) these points, and ..."""
    covered: np.ndarray
    """(n,) bool: whether a point is among them."""
    inverse: np.ndarray
    """(u, u) of their kernel matrix at the block's smallest gamma."""
    norm: float
    """The largest eigenvalue of that, at most: 1 / c."""


class Reach(NamedTuple):
    """How far a solution may be from the truth in each ..."""

    beta: float
    value: float


@kernel
def curvature_of(distances: np.ndarray, gamma: float, tableau: Tableau) -> Curvature:
    """Of the points that are free at the base or have changed sides in any candidate, as far as they are independent.

    ``distances`` (n, n) are squared.
    """
    n = len(distances)
    points = np.flatnonzero(tableau.free[:n] | tableau.known)
    gram = series(select(distances, points, points), gamma, 1)[0]
    inverse, invertible = invert(gram)
    for a in range(len(points)):  # each point's distance to the span of the others, squared
        invertible = invertible and 0.0 < LEAST * inverse[a, a] < 1.0
    if not invertible:
        independent = _independent(gram)
        points = points[independent]
        inverse, invertible = invert(select(gram, independent, independent))
    covered = np.zeros(n, np.bool_)
    covered[points] = True
    square, widest = 0.0, 0.0
    for a in range(len(points)):
        square += np.dot(inverse[a], inverse[a])
        widest = max(widest, total(inverse[a]))
    return Curvature(points, covered, inverse, min(math.sqrt(square), widest) if invertible else np.inf)


@kernel
def _independent(gram: np.ndarray) -> np.ndarray:
    """Points that are each farther than :data:`LEAST` from the span of those before: Cholesky's method, row by row."""
    factor = np.zeros(gram.shape)
    kept = np.empty(len(gram), np.int64)
    size = 0
    for a in range(len(gram)):
        row = factor[size]
        rest = gram[a, a]
        for b in range(size):
            row[b] = (gram[a, kept[b]] - np.dot(factor[b, :b], row[:b])) / factor[b, b]
            rest -= row[b] * row[b]
        if rest > LEAST:
            row[size] = math.sqrt(rest)
            kept[size] = a
            size += 1
    return kept[:size]


@kernel
def norms_with(curvature: Curvature, entries: np.ndarray) -> np.ndarray:
    """The norm of the curvature's points with each candidate, (candidate,); infinite if that is in their span.

    ``entries`` (candidate, n) are the candidates' kernel entries with all points, at the block's smallest gamma.
    """
    columns = select(entries, np.arange(len(entries)), curvature.points)
    solved = np.dot(columns, curvature.inverse)
    norms = np.empty(len(entries))
    for j in range(len(entries)):
        rest = 1.0 - np.dot(columns[j], solved[j])
        norms[j] = curvature.norm + (1.0 + np.dot(solved[j], solved[j])) / rest if rest > LEAST else np.inf
    return norms


@kernel
def reach(residual: float, free: int, norm: float) -> Reach:
    """How far a solution with so many ``free`` points may be from the truth, if the split of the points is right.

    Its optimality conditions fail by ``residual`` at most; ``norm`` is that of the inverse of their kernel matrix.
    """
    return Reach(residual * math.sqrt(free) * norm, residual * (1.0 + math.sqrt(2.0 * free * norm)))


@kernel
def reach_of(residual: float, state: PathState, curvature: Curvature, norm_with: float) -> Reach:
    """The :func:`reach` of a candidate's solution at a ``state``; infinite where a free point is not covered.

    ``norm_with`` is that of :func:`norms_with`.
    """
    free, candidate = 0, len(curvature.covered) + 1
    for i in range(len(curvature.covered)):
        if state.free[i]:
            free += 1
            if not curvature.covered[i]:
                return Reach(np.inf, np.inf)
    if state.free[candidate]:
        return reach(residual, free + 1, norm_with)
    return reach(residual, free, curvature.norm)


@kernel
def inside(state: PathState, far: Reach) -> bool:
    """Whether the split of the points at a state is right, and some beta are free, none of them at a bound by rounding.

    Without any free another bias may be as good, and only a plain solve knows which one is meant.
    """
    if state.free.sum() < 2:  # the bias always is
        return False
    for i in range(len(state.outputs)):
        margin = far.value
        if state.free[i]:
            margin = max(far.beta, 1e-9 * (state.ceiling[i] - state.floor[i]))
        if not state.floor[i] + margin < state.outputs[i] < state.ceiling[i] - margin:
            return False
    return True
