"""The small functions that the kernels are made of, against numpy and by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from npal_cli.kernels.linalg.exponential import exponential
from npal_cli.kernels.linalg.systems import backward, forward, invert_lower, solve_linear
from npal_cli.kernels.logistic.fixed_point import remainders, solve_tau
from npal_cli.kernels.logistic.newton import newton, sigmoid
from npal_cli.kernels.logistic.softmax import hessian_of, softmax
from npal_cli.kernels.svm.rbf import series, series_error, squared_distances
from npal_cli.kernels.svm.smo import smo


@pytest.fixture
def draws():
    return np.random.default_rng(0)


def test_exponential_is_the_exponential_within_30_of_zero():
    x = np.linspace(-30, 30, 1001)
    out = np.empty_like(x)
    exponential(x, out)
    np.testing.assert_allclose(out, np.exp(x), rtol=1e-12)


@pytest.mark.parametrize("delta", [-0.09, 0.003, 0.09])
@pytest.mark.parametrize("terms", [1, 3, 8])
def test_the_series_in_gamma_is_as_good_as_its_bound_says(draws, delta, terms):
    distances = 50 * draws.uniform(size=(40, 30))
    found = sum(delta**m * term for m, term in enumerate(series(distances, 0.2, terms)))
    error = np.abs(found - np.exp(-0.2 * (1 + delta) * distances)).max()
    assert error <= series_error(delta, terms) + 1e-13
    assert error >= 0.1 * series_error(delta, terms) or error < 1e-12


def test_squared_distances_by_hand():
    found = squared_distances(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 1.0]]))
    np.testing.assert_allclose(found, [[1.0], [18.0]])


def test_triangular_systems(draws):
    lower = np.tril(draws.normal(size=(6, 6))) + 4 * np.eye(6)
    right = draws.normal(size=6)
    np.testing.assert_allclose(lower @ forward(lower, right), right)
    np.testing.assert_allclose(lower.T @ backward(lower, right), right)
    np.testing.assert_allclose(invert_lower(lower) @ lower, np.eye(6), atol=1e-12)


def test_linear_systems_and_that_singular_ones_are_known(draws):
    system, right = draws.normal(size=(5, 5)), draws.normal(size=5)
    expected = np.linalg.solve(system, right)
    assert 0 < solve_linear(system.copy(), right, 5) <= 1
    np.testing.assert_allclose(right, expected)
    assert solve_linear(np.diag([1e-3, 5.0]), np.ones(2), 2) == pytest.approx(1e-3)
    assert solve_linear(np.ones((3, 3)), np.ones(3), 3) == 0


@pytest.mark.parametrize("length", [0.0, 1.0, 69.0, 1e6])
@pytest.mark.parametrize("offset", [-30.0, -3.8, 0.0, 700.0])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_tau_is_a_root_however_long_the_candidate(target, offset, length):
    tau = solve_tau(0.0, offset, length, target, 1.8)
    assert tau == pytest.approx(1.8 * (target - sigmoid(offset + length * tau)), abs=1e-9 * max(1.0, length))


def test_remainders_are_what_the_quadratic_model_leaves_out(draws):
    a, t = draws.normal(size=(5, 1)), draws.uniform(-3, 3, size=(5, 7))
    chance = 1 / (1 + np.exp(-a))
    expected = -2.0 * (1 / (1 + np.exp(-a - t)) - chance - chance * (1 - chance) * t)
    out, largest = np.empty_like(t), np.empty(7)
    remainders(t, (2.0 * chance * (1 - chance))[:, 0], np.tanh(a / 2)[:, 0], out, largest)
    np.testing.assert_allclose(out, expected, atol=1e-13)
    np.testing.assert_array_equal(largest, np.abs(t).max(axis=0))


def test_newton_reaches_scikit_learns_optimum(draws):
    x, y, s = draws.normal(size=(40, 4)), draws.integers(2, size=40), draws.uniform(0.1, 2, size=40)
    w, factor, decrement = newton(np.c_[x, np.ones(40)], y.astype(float), s, 0.5, np.zeros(5))
    model = LogisticRegression(C=2.0, solver="newton-cholesky", tol=1e-12).fit(x, y, sample_weight=s)
    np.testing.assert_allclose(w, np.append(model.coef_, model.intercept_), atol=1e-9)
    assert decrement < 1e-12
    assert np.all(np.diag(factor) > 0)


def test_the_hessian_of_the_softmax_is_the_derivative_of_its_gradient(draws):
    x, s, w = np.c_[draws.normal(size=(9, 2)), np.ones(9)], draws.uniform(1, 2, size=9), draws.normal(size=(3, 3))

    def gradient(flat):
        w = flat.reshape(3, 3)
        penalty = w * [1, 1, 0]
        return (((softmax(x @ w.T) * s[:, None]).T @ x) + penalty).ravel()

    step = 1e-6 * np.eye(9)
    numeric = np.array([(gradient(w.ravel() + e) - gradient(w.ravel() - e)) / 2e-6 for e in step])
    biases = np.zeros((9, 9))
    biases[2::3, 2::3] = 1.0  # the direction that changes no probability
    np.testing.assert_allclose(hessian_of(x, s, softmax(x @ w.T), 1.0), numeric + biases, atol=1e-6)


def test_smo_reaches_libsvms_optimum(draws):
    x = draws.normal(size=(40, 3))
    y = np.sign(x[:, 0] + 0.5 * draws.normal(size=40))
    gram = np.exp(-0.3 * squared_distances(x, x))
    beta = np.zeros(40)
    bias, converged = smo(gram, y, np.minimum(y, 0.0), np.maximum(y, 0.0), beta, 1e-9)
    model = SVC(gamma=0.3, tol=1e-9).fit(x, y)
    assert converged
    np.testing.assert_allclose(gram @ beta + bias, model.decision_function(x), atol=1e-6)


def test_without_free_points_the_bias_is_in_mid_interval():
    gram, y = np.eye(2) + 0.0, np.array([1.0, -1.0])
    beta = np.zeros(2)
    bias, _ = smo(gram, y, np.array([0.0, -0.1]), np.array([0.1, 0.0]), beta, 1e-9)
    np.testing.assert_allclose(beta, [0.1, -0.1])
    assert bias == pytest.approx(0.0)
