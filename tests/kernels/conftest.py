"""A small support vector machine whose parts can be looked at."""

from dataclasses import dataclass

import numpy as np
import pytest

from npal_cli.kernels.svm.pair import Candidates, Pair
from npal_cli.kernels.svm.rbf import kernel_entries, squared_distances

GAMMA = 0.3


@dataclass
class Machine:
    """40 points and 12 candidates in three dimensions, 30 evaluation points."""

    pair: Pair
    deltas: np.ndarray
    candidates: Candidates
    points: np.ndarray
    new_points: np.ndarray
    evaluation: np.ndarray


@pytest.fixture
def machine():
    draws = np.random.default_rng(3)
    x, new, seen = (draws.normal(size=(size, 3)) for size in (40, 12, 30))
    y, new_y = (np.sign(z[:, 0] + 0.7 * draws.normal(size=len(z))) for z in (x, new))
    deltas = np.linspace(-0.02, 0.02, 12)
    distances = squared_distances(x, x)
    np.fill_diagonal(distances, 0.0)
    pair = Pair(
        np.arange(40),
        y,
        np.minimum(y, 0.0),
        np.maximum(y, 0.0),
        distances,
        np.ascontiguousarray(squared_distances(x, seen)),
    )
    gammas = GAMMA * (1 + deltas)
    candidates = Candidates(
        gammas,
        new_y,
        np.ones(12),
        kernel_entries(new, gammas, x),
        kernel_entries(new, np.full(12, gammas.min()), x),
        kernel_entries(new, gammas, seen),
    )
    return Machine(pair, deltas, candidates, x, new, seen)
