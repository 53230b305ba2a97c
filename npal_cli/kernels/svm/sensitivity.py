"""How a solved support vector machine answers to change: (9) and (12); see the :mod:`tableau <.tableau>`."""

import numpy as np

from npal_cli.kernels import kernel
from npal_cli.kernels.linalg.vectors import total
from npal_cli.kernels.svm.tableau import Tableau


@kernel
def respond(tableau: Tableau, given: np.ndarray, deltas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What adding ``given`` (row, n + 1) to w of all points, and to the sum of beta, does to all outputs.

    Each row at its own delta. Also returns the sum of each order's change of beta, (row, order).
    """
    points, inverse, inner, sides = tableau.points, tableau.inverse, tableau.inner, tableau.sides
    order, f, n = len(sides), len(points), sides.shape[2]
    count = len(given)
    right = np.empty((count, f + 1))
    for j in range(count):
        for a in range(f):
            right[j, a] = given[j, points[a]]
        right[j, f] = given[j, n]
    u = np.empty((order, count, f + 1))
    sizes = np.zeros((count, order))
    spread = np.zeros((count, order, f + 1))
    for m in range(order):
        for h in range(1, m + 1):
            term = np.dot(u[m - h], inner[h])
            if h == 1:
                right = term
            else:
                right += term
        u[m] = -np.dot(right, inverse)
        for j in range(count):
            power = deltas[j] ** m
            for a in range(f):
                sizes[j, m] += abs(u[m, j, a])
            for a in range(f + 1):
                spread[j, 0, a] += power * u[m, j, a]
    for j in range(count):
        for h in range(1, order):
            spread[j, h] = deltas[j] * spread[j, h - 1]
    reached = np.dot(spread.reshape(count, order * (f + 1)), sides.reshape(order * (f + 1), n))
    out = np.empty((count, n + 1))
    for j in range(count):
        out[j, :n] = given[j, :n] + reached[j]
        for a in range(f):
            out[j, points[a]] = spread[j, 0, a]
        out[j, n] = spread[j, 0, f]
    return out, sizes


@kernel
def learn_column(tableau: Tableau, i: int) -> None:
    """Find the column of point i, if it is not known yet."""
    if tableau.known[i]:
        return
    tableau.known[i] = True
    points, inverse, inner, sides = tableau.points, tableau.inverse, tableau.inner, tableau.sides
    order, f, n = len(sides), len(points), sides.shape[2]
    u = np.empty((order, f + 1))
    for m in range(order):
        right = np.zeros(f + 1)
        for h in range(1, m + 1):
            right += np.dot(inner[h], u[m - h])
        column = tableau.columns[i, m]
        column[:n] = 0.0
        if tableau.free[i]:
            if m == 0:
                for a in range(f):
                    if points[a] == i:
                        right[a] = -1.0
        else:
            right += sides[m, :, i]
            column[:n] = tableau.grams[m, i]
        u[m] = -np.dot(inverse, right)
        for h in range(m + 1):
            column[:n] += np.dot(u[m - h], sides[h])
        column[points] = u[m, :f]
        column[n] = u[m, f]
        tableau.sizes[i, m] = total(u[m, :f])


@kernel
def through_free(tableau: Tableau, given: np.ndarray, own: np.ndarray) -> float:
    """What ``given`` (n + 1,), added as in :func:`respond`, does to w of a candidate with the column ``own``."""
    n = len(own) - 1
    change = given[n] * own[n]
    for a in tableau.points:
        change += given[a] * own[a]
    return change
