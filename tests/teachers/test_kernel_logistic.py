"""Kernel logistic regression: scikit-learn's, in the space that the kernel spans."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from npal_cli.teachers.kernel_logistic import KernelLogistic


def by_scikit_learn(x, y, penalty):
    """Nystroem's map of all points is exact."""
    kernel = Nystroem(gamma=1 / np.median(pdist(x, "sqeuclidean")), n_components=len(x))
    return make_pipeline(kernel, LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=10_000)).fit(x, y)


@pytest.mark.parametrize("penalty", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("points", [20, 100])
def test_it_is_scikit_learns_converged(points, classes, penalty):
    draws = np.random.default_rng(points + classes)
    x = draws.normal(size=(points, 4))
    y = np.where(np.arange(points) < classes, np.arange(points) % classes, (x[:, 0] * x[:, 1] > 0) * (classes - 1))
    new = draws.normal(size=(200, 4))
    found = KernelLogistic(penalty).fit(x, y).predict_proba(new)
    np.testing.assert_allclose(found, by_scikit_learn(x, y, penalty).predict_proba(new), atol=1e-3)


def test_labels_are_whatever_they_are():
    x = np.random.default_rng(0).normal(size=(30, 2))
    y = np.where(x[:, 0] > 0, 7, 3)
    model = KernelLogistic().fit(x, y)
    assert model.classes_.tolist() == [3, 7]
    assert (model.predict(x) == y).mean() > 0.9


def test_one_class_is_certain_and_equal_points_are_shared():
    x = np.zeros((4, 2))
    assert KernelLogistic().fit(x, np.full(4, 2)).predict_proba(x).tolist() == [[1.0]] * 4
    np.testing.assert_allclose(KernelLogistic().fit(x, np.array([0, 1, 1, 1])).predict_proba(x)[:, 1], 0.75, atol=1e-4)
