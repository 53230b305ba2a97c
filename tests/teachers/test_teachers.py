"""Teachers: scikit-learn's models, and which of them are believed."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel

from npal_cli.teachers import MODELS, TeacherOptions, mixture_weights, teach


def rings(points=80, seed=0, classes=2):
    """Classes by distance from the origin: nothing for a linear model."""
    x = np.random.default_rng(seed).normal(size=(points, 2))
    radius = np.hypot(*x.T)
    return x, np.searchsorted(np.quantile(radius, np.arange(1, classes) / classes), radius)


def fit(x, y, n_classes=2, seed=0, **options):
    return teach(x, y, n_classes, TeacherOptions(**{"trees": 30, **options}), np.random.default_rng(seed))


@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("model", MODELS)
def test_each_model_learns_what_is_not_linear(model, classes, calibrated):
    x, y = rings(100, classes=classes)
    new, truth = rings(200, seed=1, classes=classes)
    probabilities = fit(x, y, classes, models=(model,), calibrated=calibrated).probabilities(new)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    linear = LogisticRegression().fit(x, y).score(new, truth)
    assert (probabilities.argmax(axis=1) == truth).mean() > linear + 0.15


def test_kernel_logistic_minimises_the_penalised_loss_of_all_points():
    x, y = rings(40)
    q = fit(x, y, models=("kernel_logistic",), penalty=0.5).probabilities(x)[:, 1]
    prior = (np.bincount(y)[1] + 1) / 42
    q = (41 * q - prior) / 40
    kernel = rbf_kernel(x, gamma=1 / np.median(pdist(x, "sqeuclidean")))
    # At the optimum f = K (y - q) / penalty + bias (the representer theorem).
    f = np.log(q / (1 - q))
    bias = f - kernel @ (y - q) / 0.5
    assert np.ptp(f) > 2
    assert np.ptp(bias) < 0.02


def test_no_class_is_impossible_not_even_one_that_nobody_has_seen():
    x, y = rings(50)
    probabilities = fit(x, y, n_classes=4).probabilities(x)
    assert probabilities.shape == (50, 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities > 0).all()
    np.testing.assert_allclose(probabilities[:, 2:], 1 / 54 / 51)


def test_a_mixture_believes_who_is_right_out_of_fold():
    x, y = rings(100)
    x = np.hstack([x, np.random.default_rng(3).normal(size=(100, 40))])  # drowns every distance in noise
    weights = fit(x, y, models=("kernel_logistic", "gradient_boosting"), mixed="out_of_fold").weights
    assert weights[1] > 0.7
    np.testing.assert_allclose(weights.sum(), 1)


def test_mixture_weights_are_the_likeliest_with_one_success_for_each():
    draws = np.random.default_rng(0)
    likelihoods = draws.uniform(0.05, 1, size=(40, 2))
    found = mixture_weights(likelihoods)
    grid = np.linspace(0.001, 0.999, 999)
    posterior = np.log(likelihoods @ np.stack([grid, 1 - grid])).sum(axis=0) + np.log(grid) + np.log(1 - grid)
    assert found[0] == pytest.approx(grid[posterior.argmax()], abs=2e-3)


def test_a_class_of_one_point_leaves_no_folds_and_equal_weights():
    x, y = rings(30)
    y = np.where(np.arange(30) == 0, 1, 0)
    assert fit(x, y, mixed="out_of_fold").weights.tolist() == [0.5, 0.5]


def test_an_equal_mixture_is_the_mean_of_its_models():
    x, y = rings()
    both = fit(x, y).probabilities(x)
    parts = [fit(x, y, models=(name,)).probabilities(x) for name in TeacherOptions().models]
    np.testing.assert_allclose(both, np.mean(parts, axis=0))


def test_the_same_stream_gives_the_same_teacher():
    x, y = rings()
    new, _ = rings(seed=1)
    first, second, other = (fit(x, y, seed=seed).probabilities(new) for seed in (1, 1, 2))
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("sklearn.ensemble.HistGradientBoostingClassifier", {"min_samples_leaf": 5}),
        ("sklearn.svm:SVC", {"C": 10.0}),  # without probabilities: calibrated
        ("sklearn.neighbors.KNeighborsClassifier", {"n_neighbors": 7}),
    ],
)
def test_any_classifier_can_teach(path, parameters):
    x, y = rings(150)
    new, truth = rings(200, seed=1)
    found = fit(x, y, models=(path, "kernel_logistic"), parameters={path: parameters}).probabilities(new)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == truth).mean() > 0.85
    assert not np.array_equal(found, fit(x, y, models=(path, "kernel_logistic")).probabilities(new))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"models": ("forest",)}, "model 'forest': expected some of kernel_logistic"),
        ({"parameters": {"sklearn.svm.SVC": {}}}, "expected those of models named by import path"),
        ({"models": ("sklearn.svm.SVM",)}, "has no attribute 'SVM'"),
        ({"models": ("sklearn.metrics.accuracy_score",)}, "no class with fit and predict"),
        ({"models": ("sklearn.svm.SVC",), "parameters": {"sklearn.svm.SVC": {"c": 1}}}, "argument 'c'"),
    ],
)
def test_what_cannot_teach_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        fit(*rings(), **options)


def test_a_classifier_without_probabilities_needs_folds_to_be_calibrated_on():
    x, y = rings(30)
    y = np.where(np.arange(30) == 0, 1, 0)
    with pytest.raises(ValueError, match="SVC has no probabilities, and there are too few known labels to calibrate"):
        fit(x, y, models=("sklearn.svm.SVC",)).probabilities(x)
