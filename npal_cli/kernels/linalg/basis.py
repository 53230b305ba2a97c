"""The span of a few points in many dimensions, in which their refits are exact."""

import math

import numpy as np

from npal_cli.kernels import kernel
from npal_cli.kernels.linalg.systems import invert_lower
from npal_cli.kernels.linalg.vectors import add, copy

DEPENDENT = 1e-12
"""The squared length, relative to the largest, of what is left of points that depend on others, up to rounding."""
INDEPENDENT = 1e-4
"""That of others; a basis with less would not be orthogonal to rounding."""
EXACT = 1e-12
"""How far points may be from the span of the basis, relative to their largest entry."""


@kernel
def span_of(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An orthonormal basis (d, r) of the span of the points (n, d) where they are few, else of everything.

    Also returns the points in it, (n, r).

    Found from the points' inner products by a Cholesky factor with pivots, which leaves dependent points out; where
    that is not exact, by a QR decomposition of them all.
    """
    n, d = features.shape
    if n + 2 >= d:
        return np.eye(d), features
    pivots, factor, clear = independent_points(np.dot(features, features.T))
    if clear:
        basis = np.ascontiguousarray(np.dot(features[pivots].T, invert_lower(factor).T))
        inside = np.dot(features, basis)
        if np.abs(features - np.dot(inside, basis.T)).max() <= EXACT * np.abs(features).max():
            return basis, inside
    basis = np.ascontiguousarray(np.linalg.qr(features.T)[0])
    return basis, np.dot(features, basis)


@kernel
def independent_points(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """Points (r,) that all others depend on, by inner products (n, n).

    Also returns the Cholesky factor (r, r) of their inner products, and whether dependent and independent points are
    far enough apart.
    """
    n = len(gram)
    left, largest = np.diag(gram).copy(), np.diag(gram).max()
    pivots, rows = np.empty(n, np.int64), np.zeros((n, n))  # rows of the factor's transpose: by pivot, then by point
    k = 0
    while k < n:
        pivot = np.argmax(left)
        if left[pivot] <= INDEPENDENT * largest:
            break
        pivots[k] = pivot
        copy(rows[k], gram[pivot])
        for m in range(k):
            add(rows[k], -rows[m, pivot], rows[m])
        root = math.sqrt(left[pivot])
        for i in range(n):
            rows[k, i] /= root
            left[i] -= rows[k, i] * rows[k, i]
        left[pivot] = 0.0
        k += 1
    pivots = pivots[:k]
    factor = np.zeros((k, k))
    for a in range(k):
        for m in range(a + 1):
            factor[a, m] = rows[m, pivots[a]]
    return pivots, factor, left.max() <= DEPENDENT * largest
