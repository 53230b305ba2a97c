"""The forest: as scikit-learn's, but for the draws."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier

from npal_cli.teachers.extra_trees import ExtraTrees


def problem(points, features, classes, kind):
    draws = np.random.default_rng(points)
    x = draws.normal(size=(points + 300, features))
    if kind == "categories":  # most columns are constant in small nodes
        x = (x > 1).astype(np.float64)
    y = np.searchsorted(np.quantile(x[:, 0] + x[:, 1] ** 2, np.arange(1, classes) / classes), x[:, 0] + x[:, 1] ** 2)
    return x[:points], y[:points], x[points:]


@pytest.mark.parametrize("kind", ["numbers", "categories"])
@pytest.mark.parametrize(("points", "features", "classes"), [(15, 6, 2), (80, 20, 2), (60, 5, 4)])
def test_it_has_scikit_learns_distribution(points, features, classes, kind):
    """Forests of many trees differ by as little as two of scikit-learn's with other seeds."""
    x, y, new = problem(points, features, classes, kind)
    theirs, other = (ExtraTreesClassifier(1000, random_state=seed).fit(x, y).predict_proba(new) for seed in (0, 1))
    ours = ExtraTrees(1000, 0).fit(x, y).predict_proba(new)
    between = np.abs(theirs - other).mean()
    assert np.abs(ours - theirs).mean() < 1.3 * between + 5e-3
    assert np.abs((ours - theirs).mean(axis=0)).max() < 3 * between + 5e-3


def test_known_points_are_remembered_and_equal_ones_share():
    x, y, _ = problem(50, 3, 3, "numbers")
    np.testing.assert_array_equal(ExtraTrees(20, 1).fit(x, y).predict_proba(x), np.eye(3)[y])
    shared = ExtraTrees(20, 1).fit(np.zeros((4, 2)), np.array([0, 1, 1, 1])).predict_proba(np.zeros((1, 2)))
    assert shared.tolist() == [[0.25, 0.75]]


def test_the_seed_says_which_trees():
    x, y, new = problem(50, 3, 3, "numbers")
    first, again, other = (ExtraTrees(20, seed).fit(x, y).predict_proba(new).tobytes() for seed in (1, 1, 2))
    assert first == again != other


def test_arrays_of_any_kind_are_taken():
    x, y, new = problem(30, 4, 2, "categories")
    plain = ExtraTrees(20, 1).fit(x, y).predict_proba(new)
    odd = ExtraTrees(20, 1).fit(np.asfortranarray(x).astype(np.float32), y).predict_proba(new[:, ::-1][:, ::-1])
    np.testing.assert_array_equal(plain, odd)
