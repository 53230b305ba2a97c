"""A solved support vector machine, and its answers to change, against scikit-learn and plain linear algebra."""

import numpy as np
import pytest
from sklearn.svm import SVC

from npal_cli.kernels.svm.block import is_steady, lengths_of_series, truncation_bound
from npal_cli.kernels.svm.bounds import reach
from npal_cli.kernels.svm.rbf import squared_distances
from npal_cli.kernels.svm.sensitivity import learn_column, respond, through_free
from npal_cli.kernels.svm.tableau import solve_base
from tests.kernels.conftest import GAMMA

WIDEST, ORDER, TERMS = 0.02, 5, 8


@pytest.fixture
def tableau(machine):
    found, trusted = solve_base(machine.pair, GAMMA, np.zeros(40), TERMS, ORDER)
    assert trusted
    return found


def bordered(tableau, machine, delta):
    """The whole kernel matrix at a delta, and that of the free points with the bias."""
    gram = np.exp(-GAMMA * (1 + delta) * squared_distances(machine.points, machine.points))
    free = np.append(tableau.points, 40)
    whole = np.ones((41, 41))
    whole[:40, :40], whole[40, 40] = gram, 0.0
    return whole, whole[np.ix_(free, free)], free


def test_the_base_is_libsvms_at_every_gamma_while_no_point_changes_sides(machine, tableau):
    delta = 0.001
    assert is_steady(machine.pair, tableau, delta, reach(1e-9, len(tableau.points), 1.0))
    betas, bias = sum(delta**m * term for m, term in enumerate(tableau.betas)), 0.0
    bias = sum(delta**m * term for m, term in enumerate(tableau.outputs[:, 40]))
    model = SVC(gamma=GAMMA * (1 + delta), tol=1e-10).fit(machine.points, machine.pair.y)
    expected = np.zeros(40)
    expected[model.support_] = model.dual_coef_[0]
    np.testing.assert_allclose(betas, expected, atol=1e-6)  # libsvm's kernel entries are single precision
    assert bias == pytest.approx(model.intercept_[0], abs=1e-6)


def test_a_base_is_not_steady_where_its_points_change_sides(machine, tableau):
    far = 0.5
    model = SVC(gamma=GAMMA * (1 + far), tol=1e-10).fit(machine.points, machine.pair.y)
    beta = np.zeros(40)
    beta[model.support_] = model.dual_coef_[0]
    free = (np.abs(beta) > 1e-6) & (np.abs(beta) < 1 - 1e-6)
    assert (free != tableau.free[:40]).any()
    assert not is_steady(machine.pair, tableau, far, reach(1e-9, len(tableau.points), 1.0))


def test_what_the_series_of_the_base_leaves_out_is_bounded(machine, tableau):
    order, errors = lengths_of_series(WIDEST, 40.0)
    assert order < len(errors) - 1
    for terms in (2, 3, 4):
        short = tableau._replace(betas=tableau.betas[:terms], outputs=tableau.outputs[:terms])
        beta = sum(WIDEST**m * term for m, term in enumerate(short.betas))
        bias = sum(WIDEST**m * term for m, term in enumerate(short.outputs[:, 40]))
        whole, _, _ = bordered(tableau, machine, WIDEST)
        w = (whole[:40, :40] @ beta + bias - machine.pair.y)[tableau.points]
        assert np.abs(w).max() <= truncation_bound(short, WIDEST, errors[: terms + 1])
        assert np.abs(w).max() >= 1e-3 * truncation_bound(short, WIDEST, errors[: terms + 1])


@pytest.mark.parametrize("delta", [-0.02, 0.0, 0.02])
def test_responses_solve_the_equations_of_the_free_points(machine, tableau, delta):
    given = np.random.default_rng(0).normal(size=(3, 41))
    whole, system, free = bordered(tableau, machine, delta)
    expected = given.copy()
    change = np.linalg.solve(system, -given[:, free].T).T
    expected += change @ whole[free]
    expected[:, free] = change
    found, sizes = respond(tableau, given, np.full(3, delta))
    np.testing.assert_allclose(found, expected, atol=1e-7)
    assert sizes.shape == (3, ORDER)
    assert through_free(tableau, given[0], found[1]) == pytest.approx(given[0, free] @ found[1, free])


@pytest.mark.parametrize("is_free", [True, False])
def test_columns_are_what_one_point_does(machine, tableau, is_free):
    i = np.flatnonzero(tableau.free[:40] == is_free)[0]
    learn_column(tableau, i)
    delta = 0.02
    whole, system, free = bordered(tableau, machine, delta)
    expected = np.zeros(41) if is_free else whole[i].copy()
    right = (free == i).astype(float) if is_free else -whole[i, free]
    change = np.linalg.solve(system, right)
    expected += change @ whole[free]
    expected[free] = change
    found = sum(delta**m * term for m, term in enumerate(tableau.columns[i]))
    np.testing.assert_allclose(found, expected, atol=1e-7)
