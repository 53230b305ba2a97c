"""Followed solutions, and the bound of their error, against scikit-learn and the true optimality conditions."""

import numpy as np
import pytest
from sklearn.svm import SVC

from npal_cli.kernels.svm.block import lengths_of_series
from npal_cli.kernels.svm.pair import PRECISION
from npal_cli.kernels.svm.path_state import path_state_of, theta_of
from npal_cli.kernels.svm.rbf import squared_distances
from npal_cli.kernels.svm.refine import refine
from npal_cli.kernels.svm.solutions import find, moves_of, truncation_residual
from npal_cli.kernels.svm.tableau import solve_base
from tests.kernels.conftest import GAMMA


def found_with(machine, order):
    _, errors = lengths_of_series(0.02, 40.0)
    tableau, _ = solve_base(machine.pair, GAMMA, np.zeros(40), len(errors) - 1, order)
    solutions, found = find(machine.pair, machine.candidates, tableau, machine.deltas)
    assert found.all()
    return tableau, solutions, errors


def beta_of(solutions, j):
    state = path_state_of(solutions.states, j)
    beta = np.where(state.free[:40], state.outputs[:40], state.bound_beta[:40])
    return np.append(beta, theta_of(state)), state.outputs[40]


def true_w(machine, j, beta, bias):
    x = np.vstack([machine.points, machine.new_points[j]])
    gram = np.exp(-machine.candidates.gammas[j] * squared_distances(x, x))
    return gram @ beta + bias - np.append(machine.pair.y, machine.candidates.y[j])


def test_refined_solutions_are_libsvms(machine):
    tableau, solutions, _ = found_with(machine, 1)
    assert (refine(tableau, machine.pair.y, solutions, np.arange(12)) < PRECISION).all()
    for j in range(12):
        beta, bias = beta_of(solutions, j)
        x = np.vstack([machine.points, machine.new_points[j]])
        model = SVC(gamma=machine.candidates.gammas[j], tol=1e-10)
        model.fit(x, np.append(machine.pair.y, machine.candidates.y[j]))
        expected = np.zeros(41)
        expected[model.support_] = model.dual_coef_[0]
        np.testing.assert_allclose(beta, expected, atol=1e-5)  # libsvm's kernel entries are single precision
        assert bias == pytest.approx(model.intercept_[0], abs=1e-5)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_what_truncated_answers_leave_is_bounded(machine, order):
    tableau, solutions, errors = found_with(machine, order)
    moved = np.flatnonzero(tableau.known | tableau.free[:40])
    moves = moves_of(tableau, solutions, np.arange(12), moved)
    left, bounds = np.empty(12), np.empty(12)
    for j in range(12):
        state = path_state_of(solutions.states, j)
        said = np.delete(np.where(state.free, 0.0, state.outputs), 40)  # of w: without the bias
        left[j] = np.abs(true_w(machine, j, *beta_of(solutions, j)) - said).max()
        bounds[j] = truncation_residual(tableau, solutions, j, moved, moves[j], 0.02, errors)
    assert (left <= bounds + 1e-9).all()
    assert left.max() > 0.01 * bounds.max()


def test_each_order_of_the_answers_leaves_less(machine):
    def left(order):
        tableau, solutions, errors = found_with(machine, order)
        moved = np.flatnonzero(tableau.known | tableau.free[:40])
        moves = moves_of(tableau, solutions, np.arange(12), moved)
        return max(truncation_residual(tableau, solutions, j, moved, moves[j], 0.02, errors) for j in range(12))

    assert left(2) < 0.2 * left(1)
    assert left(3) < 0.2 * left(2)
