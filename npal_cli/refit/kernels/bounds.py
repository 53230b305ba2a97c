"""How far a solution that nearly solves its equations is from the one that does: the proof is in ``docs/refits.md``.

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

from npal_cli.refit.kernels import kernel
from npal_cli.refit.kernels.pair import select
from npal_cli.refit.kernels.place import Place
from npal_cli.refit.kernels.rbf import series
from npal_cli.refit.kernels.tableau import Tableau
from npal_cli.refit.kernels.vectors import add, total

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
    some = np.flatnonzero(tableau.free[:n] | tableau.known)
    points = np.append(tableau.points, np.flatnonzero(tableau.known & ~tableau.free[:n]))
    gram = series(select(distances, some, some), gamma, 1)[0]
    place = np.searchsorted(some, points)
    inverse, covered = np.zeros((len(points), len(points))), np.zeros(n, np.bool_)
    kept = np.empty(len(points), np.int64)
    size = 0
    column, solved = np.empty(len(points)), np.empty(len(points))
    for a in range(len(points)):
        for b in range(size):
            column[b] = gram[place[a], place[kept[b]]]
        rest = 1.0 - _solve(inverse, column, size, solved)
        if rest > LEAST:
            solved[size] = -1.0
            for b in range(size + 1):
                add(inverse[b, : size + 1], solved[b] / rest, solved[: size + 1])
            kept[size] = a
            covered[points[a]] = True
            size += 1
    inverse = inverse[:size, :size].copy()
    square, widest = 0.0, 0.0
    for b in range(size):
        square += np.dot(inverse[b], inverse[b])
        widest = max(widest, total(inverse[b]))
    return Curvature(points[kept[:size]], covered, inverse, min(math.sqrt(square), widest))


@kernel
def _solve(inverse: np.ndarray, column: np.ndarray, size: int, solved: np.ndarray) -> float:
    """Write ``inverse @ column``, of the first ``size``, to ``solved``; returns ``column @ inverse @ column``."""
    result = 0.0
    for b in range(size):
        solved[b] = np.dot(inverse[b, :size], column[:size])
        result += column[b] * solved[b]
    return result


@kernel
def reach(residual: float, free: int, norm: float) -> Reach:
    """How far a solution with so many ``free`` points may be from the truth, if the split of the points is right.

    Its optimality conditions fail by ``residual`` at most; ``norm`` is that of the inverse of their kernel matrix.
    """
    return Reach(residual * math.sqrt(free) * norm, residual * (1.0 + math.sqrt(2.0 * free * norm)))


@kernel
def reach_of(residual: float, place: Place, curvature: Curvature, given: np.ndarray, power: float) -> Reach:
    """The :func:`reach` of a candidate's solution at a ``place``; infinite where a free point is not covered.

    ``given`` (n + 1,) are its kernel entries, which to the ``power`` are those at the block's smallest gamma.
    """
    n = len(given) - 1
    norm = curvature.norm
    for i in range(n):
        if place.free[i] and not curvature.covered[i]:
            return Reach(np.inf, np.inf)
    if place.free[n + 1]:
        size = len(curvature.points)
        column, solved = np.empty(size), np.empty(size)
        for b in range(size):
            column[b] = given[curvature.points[b]] ** power
        rest = 1.0 - _solve(curvature.inverse, column, size, solved)
        if not rest > LEAST:
            return Reach(np.inf, np.inf)
        norm += (1.0 + np.dot(solved, solved)) / rest
    return reach(residual, place.free.sum() - 1, norm)


@kernel
def inside(place: Place, far: Reach) -> bool:
    """Whether the split of the points at a place is right, and some beta are free, none of them at a bound by rounding.

    Without any free another bias may be as good, and only a plain solve knows which one is meant.
    """
    if place.free.sum() < 2:  # the bias always is
        return False
    for i in range(len(place.outputs)):
        margin = far.value
        if place.free[i]:
            margin = max(far.beta, 1e-9 * (place.ceiling[i] - place.floor[i]))
        if not place.floor[i] + margin < place.outputs[i] < place.ceiling[i] - margin:
            return False
    return True
