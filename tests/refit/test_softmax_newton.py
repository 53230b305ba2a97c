"""Refits of many classes: the pieces by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from npal_cli.refit.backends import softmax_newton
from npal_cli.refit.backends.softmax_newton import _Hessian, _hessian, _softmax, fit_base, refit, with_new_class


@pytest.fixture
def draws():
    return np.random.default_rng(0)


def drawn(draws, classes, points, features):
    """Points of all classes, whose centres differ."""
    labels = np.concatenate([np.arange(classes), draws.integers(classes, size=points - classes)])
    centres = np.random.default_rng(1).normal(size=(classes, features))
    return centres[labels] + draws.normal(size=(points, features)), labels


def centred(logits):
    """Around their mean over classes, which changes no probability."""
    return logits - logits.mean(axis=-1, keepdims=True)


def test_the_hessian_is_the_derivative_of_the_gradient(draws):
    x, s, w = np.c_[draws.normal(size=(9, 2)), np.ones(9)], draws.uniform(1, 2, size=9), draws.normal(size=(3, 3))

    def gradient(flat):
        w = flat.reshape(3, 3)
        return ((_softmax(w @ x.T) * s) @ x + w * [1, 1, 0]).ravel()

    step = 1e-6 * np.eye(9)
    numeric = np.array([(gradient(w.ravel() + e) - gradient(w.ravel() - e)) / 2e-6 for e in step])
    biases = np.zeros((9, 9))
    biases[2::3, 2::3] = 1.0  # the direction that changes no probability
    found = _hessian(x, s, _softmax(w @ x.T), np.array([1.0, 1.0, 0.0]), 1.0)
    np.testing.assert_allclose(found, numeric + biases, atol=1e-6)


def test_products_with_a_hessian_are_those_with_the_matrix_of_all_points(draws):
    x, labels = drawn(draws, 4, 12, 3)
    s, (new, weight) = draws.uniform(1, 2, size=12), (draws.normal(size=3), 1.7)
    base = fit_base(x, labels, s, 4, 0.5)
    at = base.optimum + 0.1 * draws.normal(size=base.optimum.shape)
    own = np.append(new, 1.0)
    hessian = _Hessian(
        base,
        _softmax(at @ base.points.T)[:, None],
        _softmax(at @ own)[:, None],
        own[None],
        np.array([weight]),
        base.penalty,
    )
    points, weights = np.vstack([base.points, own]), np.append(s, weight)
    matrix = _hessian(points, weights, _softmax(at @ points.T), base.penalty, 0.5)
    vector = draws.normal(size=(4, 1, 4))
    np.testing.assert_allclose(hessian.times(vector).ravel(), matrix @ vector.ravel())


@pytest.mark.parametrize(("classes", "points", "features"), [(3, 40, 4), (12, 80, 10), (13, 30, 40), (30, 100, 5)])
@pytest.mark.parametrize("C", [1.0, 10.0])
def test_logits_are_scikit_learns(draws, monkeypatch, classes, points, features, C):
    monkeypatch.setattr(softmax_newton, "NUMBERS", 8 * classes * points)  # several blocks
    x, labels = drawn(draws, classes, points, features)
    new, new_labels = drawn(draws, 10, 20, features)
    new_labels %= classes
    seen, _ = drawn(draws, classes, 50, features)
    weights, of_new = np.linspace(0.5, 2, points), np.linspace(0.1, 10, 20)
    found = list(refit(fit_base(x, labels, weights, classes, 1 / C), new, new_labels, of_new, seen))
    assert [each.block for each in found] == [slice(0, 8), slice(8, 16), slice(16, 20)]
    assert all(each.trusted.all() for each in found)
    logits = np.concatenate([each.logits for each in found], axis=1)
    for i in (0, 9, 19):
        model = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000)
        model.fit(np.vstack([x, new[i]]), np.append(labels, new_labels[i]), np.append(weights, of_new[i]))
        np.testing.assert_allclose(centred(logits[:, i].T), centred(model.decision_function(seen)), atol=1e-6)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("features", [3, 60])
def test_a_candidate_may_be_the_first_of_its_class(draws, classes, features):
    x, labels = drawn(draws, classes, 40, features)
    new, seen = draws.normal(size=(3, features)), draws.normal(size=(30, features))
    base = with_new_class(fit_base(x, labels, np.ones(40), classes, 1.0))
    (found,) = refit(base, new, np.full(3, classes), np.ones(3), seen)
    assert found.trusted.all()
    for i in range(3):
        model = LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000)
        model.fit(np.vstack([x, new[i]]), np.append(labels, classes))
        np.testing.assert_allclose(centred(found.logits[:, i].T), centred(model.decision_function(seen)), atol=1e-6)
