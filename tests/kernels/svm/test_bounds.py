"""How far a solution may be from the truth: the bounds of ``docs/concepts/refits.md`` against solved equations."""

import numpy as np
import pytest

from npal_cli.kernels.svm.bounds import curvature_of, inside, norms_with, reach, reach_of
from npal_cli.kernels.svm.path_state import make_path_states, path_state_of
from npal_cli.kernels.svm.rbf import series, squared_distances
from npal_cli.kernels.svm.tableau import solve_base
from tests.kernels.conftest import GAMMA

LOWEST = 0.98 * GAMMA  # of the candidates'


@pytest.fixture
def tableau(machine):
    found, trusted = solve_base(machine.pair, GAMMA, np.zeros(40), 8, 5)
    assert trusted
    return found


def rbf(gamma, left, right):
    return np.exp(-gamma * squared_distances(left, right))


def test_the_norm_bounds_inverses_of_subsets_at_every_larger_gamma(machine, tableau):
    tableau.known[:3] = True
    curvature = curvature_of(machine.pair.distances, LOWEST, tableau)
    assert set(curvature.points) == set(tableau.points) | {0, 1, 2}
    draws = np.random.default_rng(0)
    norms = []
    for gamma in (LOWEST, GAMMA, 1.02 * GAMMA, 2 * GAMMA):
        for size in (len(curvature.points), 10, 3):
            some = machine.points[draws.choice(curvature.points, size, replace=False)]
            norms.append(1 / np.linalg.eigvalsh(rbf(gamma, some, some))[0])
    assert max(norms) == norms[0]  # all points at the smallest gamma are the worst
    assert norms[0] <= curvature.norm <= 3 * norms[0]


def test_twins_are_not_covered(machine, tableau):
    outside = np.flatnonzero(~tableau.free[:40])[0]
    machine.pair.distances[outside] = machine.pair.distances[tableau.points[0]]
    machine.pair.distances[:, outside] = machine.pair.distances[outside]
    machine.pair.distances[outside, outside] = 0.0
    tableau.known[outside] = True
    curvature = curvature_of(machine.pair.distances, LOWEST, tableau)
    assert not curvature.covered[outside]
    assert curvature.covered[tableau.points].all()
    state = path_state_of(make_path_states(1, 40), 0)
    state.free[:40] = tableau.free[:40]
    assert np.isfinite(reach_of(1e-9, state, curvature, np.inf).value)
    state.free[outside] = True
    assert reach_of(1e-9, state, curvature, 1.0).value == np.inf
    twin = machine.candidates.to_points_lowest[:1].copy()
    twin[0] = np.exp(-LOWEST * machine.pair.distances[tableau.points[0]])
    assert norms_with(curvature, twin)[0] == np.inf


@pytest.mark.parametrize("with_candidate", [False, True])
def test_what_a_residual_does_is_bounded(machine, tableau, with_candidate):
    curvature = curvature_of(machine.pair.distances, LOWEST, tableau)
    norms = norms_with(curvature, machine.candidates.to_points_lowest)
    draws = np.random.default_rng(1)
    state = path_state_of(make_path_states(1, 40), 0)
    state.free[:40], state.free[40], state.free[41] = tableau.free[:40], True, with_candidate
    ratios = []
    for j, gamma in enumerate(machine.candidates.gammas):
        far = reach_of(1.0, state, curvature, norms[j])
        free = machine.points[tableau.points]
        if with_candidate:
            free = np.vstack([free, machine.new_points[j]])
        f = len(free)
        system = np.ones((f + 1, f + 1))
        system[:f, :f], system[f, f] = rbf(gamma, free, free), 0.0
        anywhere = np.vstack([draws.normal(size=(50, 3)) * 3, free])
        inverse = np.linalg.inv(system)[:, :f]
        reached = np.hstack([rbf(gamma, anywhere, free), np.ones((len(anywhere), 1))]) @ inverse
        assert np.abs(inverse[:f]).sum(axis=1).max() <= far.beta  # the worst residual of size 1 for each beta
        assert np.abs(reached).sum(axis=1).max() <= far.value  # and for each decision value
        ratios.append(far.value / np.abs(reached).sum(axis=1).max())
    assert min(ratios) < 10  # it says something


def test_a_far_point_is_as_far_as_rounding():
    distances = np.array([[0.0, 40.0, 1e6]])
    terms = series(distances, 1.0, 12)
    for delta in (-0.09, 0.09):
        values = sum(delta**m * term for m, term in enumerate(terms))
        np.testing.assert_allclose(values, np.exp(-np.minimum((1 + delta) * distances, 700.0)), atol=1e-12)


@pytest.mark.parametrize(
    ("free", "output", "expected"),
    [(True, 0.5, True), (True, 1e-4, False), (True, 0.99999, False), (False, 0.1, True), (False, 1e-4, False)],
)
def test_a_split_is_right_only_where_nothing_is_near_an_end(free, output, expected):
    state = path_state_of(make_path_states(1, 2), 0)
    state.free[:] = [True, free, True, False]
    state.floor[:], state.ceiling[:] = [0.0, 0.0, -1e200, 0.0], [1.0, 1.0 if free else 1e200, 1e200, 1e200]
    state.outputs[:] = [0.5, output, 0.0, 3.0]
    assert inside(state, reach(1e-4, 2, 2.0)) == expected
