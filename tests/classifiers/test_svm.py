"""The bias of a support vector machine: the middle of the optimal ones, where there is more than one."""

import numpy as np
import pytest
from scipy.optimize import linprog
from sklearn.datasets import load_wine
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

from npal_cli.classifiers import ClassifierOptions, svm
from npal_cli.classifiers.svm import SVM, middle_bias


def middle_of_the_optimal_biases(without_bias, y, bounds):
    """Of ``sum bounds max(0, 1 - y (f + b))`` over b, by two linear programs: its least and its largest minimiser."""
    n = len(y)
    cost = np.append(bounds, 0.0)  # slacks, then the bias
    margins = np.hstack([-np.eye(n), -y[:, None]]), y * without_bias - 1.0
    space = [(0, None)] * n + [(None, None)]
    least = linprog(cost, *margins, bounds=space).fun
    optimal = np.vstack([margins[0], cost]), np.append(margins[1], least + 1e-9)
    ends = [linprog(np.append(np.zeros(n), sign), *optimal, bounds=space).x[-1] for sign in (1, -1)]
    return float(np.mean(ends)), ends[1] - ends[0]


def test_two_points_that_are_both_at_their_bounds_have_the_bias_in_the_middle():
    # beta is (-.1, .1); f is .1 (k(x, 1) - k(x, -1)), so that 1 - f(1) = .9 + .1 k on either side of zero
    points, labels = np.array([[-1.0], [1.0]]), np.array([0, 1])
    fitted = SVM(ClassifierOptions(C=0.1)).fit(points, labels, np.ones(2))
    assert fitted.decision_values(np.zeros((1, 1)))[0, 0] == pytest.approx(0.0, abs=1e-7)


def test_where_ten_points_balance_one_scikit_learns_bias_depends_on_rounding_and_npals_does_not():
    # All at their bounds: 10 x .1 balances 1 x 1. In float arithmetic it may not, and libsvm then takes a point for
    # free, which puts the bias at an end of its interval.
    moved = 0
    for seed in range(40):
        draws = np.random.default_rng(seed)
        points, labels = draws.normal(size=(11, 3)), np.append(np.zeros(10, dtype=int), 1)
        weights = np.array([0.1, 1.0]) / draws.uniform(1.2, 4.0)
        fitted = SVM().fit(points, labels, weights)
        beta = np.where(labels == 1, 1.0, -1.0) * weights[labels]
        f = rbf_kernel(points, gamma=1 / (3 * points.var())) @ beta
        middle, length = middle_of_the_optimal_biases(f, np.sign(beta), np.abs(beta))
        assert length > 0.1
        np.testing.assert_allclose(fitted.decision_values(points)[0], f + middle, atol=1e-5)
        plain = SVC(tol=1e-8).fit(points, labels, sample_weight=weights[labels]).decision_function(points)
        moved += np.abs(plain - (f + middle)).max() > 0.05
    assert 3 <= moved <= 37


def test_every_pair_of_many_classes_has_its_own_bias():
    data = load_wine()
    features = (data.data - data.data.mean()) / data.data.std()
    rows = np.random.default_rng(2).permutation(len(features))[:25]
    x, y = features[rows], data.target[rows]
    weights = 1 / np.bincount(y)
    fitted = SVM().fit(x, y, weights)
    model = SVC(tol=1e-8, decision_function_shape="ovo").fit(x, y, sample_weight=weights[y])
    moved = np.abs(fitted.decision_values(features) + model.decision_function(features).T).max(axis=1)
    assert (moved > 1e-3).any()
    gamma = 1 / (x.shape[1] * x.var())
    for pair, (a, b) in enumerate([(0, 1), (0, 2), (1, 2)]):
        one = np.isin(y, (a, b))
        signs = np.where(y[one] == b, 1.0, -1.0)
        found = fitted.decision_values(x[one])[pair]
        alone = SVC(tol=1e-8, gamma=gamma).fit(x[one], y[one], sample_weight=weights[y[one]])
        without_bias = alone.decision_function(x[one]) - alone.intercept_
        middle, _ = middle_of_the_optimal_biases(without_bias, signs, weights[y[one]])
        np.testing.assert_allclose(found, without_bias + middle, atol=1e-5)


def test_predictions_are_those_of_scikit_learn_where_the_bias_is_unique():
    data = load_wine()
    features = (data.data - data.data.mean()) / data.data.std()
    draws = np.random.default_rng(0)
    for _ in range(5):
        rows = draws.permutation(len(features))[:90]
        x, y = features[rows], data.target[rows]
        model = SVC(tol=1e-8, decision_function_shape="ovo").fit(x, y)
        fitted = SVM().fit(x, y, np.ones(3))
        np.testing.assert_array_equal(fitted.predict(features), model.predict(features))
        np.testing.assert_allclose(fitted.decision_values(features), -model.decision_function(features).T, atol=1e-6)


def test_a_middle_without_points_on_one_side_is_refused():
    with pytest.raises(ValueError, match="zero-size"):
        middle_bias(np.array([0.5]), np.array([1.0]), np.array([False]))


def test_a_fit_that_does_not_end_is_stopped_and_told_once(monkeypatch, caplog):
    """Without a warning for each of hundreds of refits, nor an error."""
    monkeypatch.setattr(svm, "MOST_ITERATIONS", 3)
    svm._tell_stopped.cache_clear()
    draws = np.random.default_rng(0)
    x, y = draws.normal(size=(60, 2)), draws.permutation(np.arange(60) % 2)
    for _ in range(2):
        assert set(SVM().fit(x, y, np.ones(2)).predict(x)) <= {0, 1}
    assert [each.getMessage() for each in caplog.records] == [
        "a fit of an SVM was stopped after 3 iterations and kept as it was"
    ]
