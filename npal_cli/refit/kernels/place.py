"""Where the solution of a support vector machine is while it is followed (:mod:`npal_cli.refit.kernels.path`).

Indices: 0..n-1 are points, n is the bias (always free), n + 1 the candidate.
"""

from typing import NamedTuple

import numpy as np

from npal_cli.refit.kernels import inlined_kernel, kernel
from npal_cli.refit.kernels.tableau import Tableau
from npal_cli.refit.kernels.vectors import copy

UNBOUNDED = 1e200
MOST_CHANGES = 24
"""Points that may change sides before the path is given up for a plain solve."""


class Place(NamedTuple):
    """Where on the path a candidate's solution is; each (n + 2,), or (candidate, n + 2) for all, but the last two."""

    outputs: np.ndarray
    """beta of free points, w of bound ones."""
    floor: np.ndarray
    ceiling: np.ndarray
    """The interval of each output."""
    held: np.ndarray
    """beta of bound points."""
    free: np.ndarray
    changed: np.ndarray
    """(MOST_CHANGES,) points that are not on the side they were at the base; the first ``changes[0]`` are set."""
    changes: np.ndarray
    """(1,)"""
    pivot: np.ndarray
    """(1,) the smallest pivot, up to 1, of the small system that was solved last."""


@kernel
def make_places(count: int, n: int) -> Place:
    """Room for the places of ``count`` candidates."""
    size = (count, n + 2)
    changed = np.empty((count, MOST_CHANGES), np.int64)
    return Place(
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
def place_of(places: Place, j: int) -> Place:
    """The place of candidate j."""
    return Place(
        places.outputs[j],
        places.floor[j],
        places.ceiling[j],
        places.held[j],
        places.free[j],
        places.changed[j],
        places.changes[j],
        places.pivot[j],
    )


@kernel
def make_origin(tableau: Tableau, low: np.ndarray, high: np.ndarray) -> Place:
    """The place of the base solution; the candidate is not yet bound to anything."""
    n = tableau.betas.shape[1]
    origin = place_of(make_places(1, n), 0)
    origin.free[:] = tableau.free
    origin.floor[n:] = -UNBOUNDED
    origin.ceiling[n:] = UNBOUNDED
    origin.outputs[: n + 1] = tableau.outputs[0]
    for i in range(n):
        beta = tableau.betas[0, i]
        if tableau.free[i]:
            origin.floor[i], origin.ceiling[i] = low[i], high[i]
        else:
            origin.held[i] = beta
            origin.floor[i], origin.ceiling[i] = (0.0, UNBOUNDED) if beta == low[i] else (-UNBOUNDED, 0.0)
    return origin


@inlined_kernel
def start(place: Place, origin: Place) -> None:
    """Put a place at the base solution."""
    place.changes[0] = 0
    place.pivot[0] = 1.0
    copy(place.free, origin.free)
    copy(place.held, origin.held)
    copy(place.floor, origin.floor)
    copy(place.ceiling, origin.ceiling)
    copy(place.outputs, origin.outputs)


@kernel
def theta_of(place: Place) -> float:
    """The candidate's beta."""
    return place.outputs[-1] if place.free[-1] else place.held[-1]
