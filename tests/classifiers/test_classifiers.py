"""The task models."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from npal_cli.classifiers import CLASSIFIERS, ClassifierOptions, make_classifier
from npal_cli.classifiers.logistic import Logistic
from npal_cli.classifiers.teacher import TeacherModel
from npal_cli.errors import UsageError
from npal_cli.teachers import TeacherOptions
from npal_cli.testing import make_problem

CLASSICAL = ("logistic", "svm")
TABLES = (*CLASSICAL, "teacher")
"""Those that take features."""


def made(name):
    return TeacherModel(TeacherOptions(trees=10)) if name == "teacher" else make_classifier(name, ClassifierOptions())


def fitted(name, problem, weights=None):
    rows = problem.annotated
    weights = np.ones(problem.n_classes) if weights is None else weights
    return made(name).fit(problem.features[rows], problem.labels[rows], weights)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", TABLES)
def test_every_classifier_does_what_it_says(name, n_classes):
    problem = make_problem(n_classes=n_classes)
    model = fitted(name, problem)
    x = problem.features[problem.pool]
    assert set(model.predict(x)) <= set(range(n_classes))
    assert model.boundary_distances(x).shape == (len(x),)
    np.testing.assert_array_equal(model.represent(x), x)
    if "probabilities" in CLASSIFIERS[name].abilities:
        np.testing.assert_allclose(model.probabilities(x).sum(axis=1), 1)
        np.testing.assert_array_equal(model.probabilities(x).argmax(axis=1), model.predict(x))
    else:
        with pytest.raises(TypeError, match="no class probabilities"):
            model.probabilities(x)


def test_logistic_regression_is_fitted_to_convergence(problem):
    rows = problem.annotated
    truth = LogisticRegression(tol=1e-14, max_iter=100_000).fit(problem.features[rows], problem.labels[rows])
    x = problem.features[problem.test]
    ours = fitted("logistic", problem).probabilities(x)
    np.testing.assert_allclose(ours, truth.predict_proba(x), atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", CLASSICAL)
def test_the_distance_to_a_boundary_vanishes_just_where_the_prediction_changes(name, n_classes):
    model = fitted(name, make_problem(n_classes=n_classes, features=2))
    line = np.column_stack([np.linspace(-3, 3, 20_001), np.full(20_001, 0.1)])
    predicted, distances = model.predict(line), model.boundary_distances(line)
    changes = np.flatnonzero(predicted[1:] != predicted[:-1])
    assert len(changes) >= 1
    assert distances[changes].max() < 0.01
    apart = np.abs(np.arange(len(line))[:, None] - changes).min(axis=1) > 500
    assert distances[apart].min() > distances[changes].max()


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_class_weight_of_two_is_having_each_of_its_points_twice(name, problem):
    rows = problem.annotated
    twice = np.concatenate([rows, rows[problem.labels[rows] == 1]])
    classifier = make_classifier(name, ClassifierOptions())
    weighted = classifier.fit(problem.features[rows], problem.labels[rows], np.array([1.0, 2.0]))
    if name == "svm":  # gamma='scale' looks at the points, so the doubled fit is given the gamma of the single one
        gamma = 1 / (problem.features.shape[1] * problem.features[rows].var())
        doubled = SVC(gamma=gamma, tol=1e-8).fit(problem.features[twice], problem.labels[twice])
        expected = np.abs(doubled.decision_function(problem.features[problem.test]))
    else:
        doubled = classifier.fit(problem.features[twice], problem.labels[twice], np.ones(2))
        expected = doubled.boundary_distances(problem.features[problem.test])
    np.testing.assert_allclose(weighted.boundary_distances(problem.features[problem.test]), expected, atol=1e-5)


def test_a_class_not_seen_has_probability_zero(problem):
    rows = problem.annotated
    model = make_classifier("logistic", ClassifierOptions()).fit(
        problem.features[rows], problem.labels[rows], np.ones(3)
    )
    assert model.probabilities(problem.features[problem.pool])[:, 2].max() == 0


@pytest.mark.parametrize("name", TABLES)
def test_one_class_cannot_be_fitted(name):
    with pytest.raises(ValueError, match="class"):
        made(name).fit(np.eye(3), np.zeros(3, dtype=int), np.ones(2))


def test_an_unknown_classifier_is_refused():
    with pytest.raises(UsageError, match="unknown classifier 'logistics'"):
        make_classifier("logistics", ClassifierOptions())


@pytest.mark.parametrize("name", ["resnet18", "teacher"])
def test_what_is_slow_to_fit_is_no_classifier_to_try_every_candidate_with(name):
    with pytest.raises(UsageError, match=rf"'{name}': a fit takes too long .* use logistic or svm"):
        make_classifier(name, ClassifierOptions())


def test_a_teachers_probabilities_count_as_much_as_their_class_weighs(problem):
    x = problem.features[problem.pool]
    plain, weighted = fitted("teacher", problem), fitted("teacher", problem, np.array([1.0, 3.0]))
    odds = plain.probabilities(x)[:, 1] / plain.probabilities(x)[:, 0]
    np.testing.assert_allclose(weighted.probabilities(x)[:, 1] / weighted.probabilities(x)[:, 0], 3 * odds)
    np.testing.assert_allclose(plain.boundary_distances(x), np.abs(np.log(odds)))


def test_logistic_regression_converges_where_features_are_large():
    # Decision values found by Newton's method in 60 digits; one step fewer leaves the first two with the other sign.
    features = np.array([[6e4, -60, -60], [-3e4, -60, 60], [6e4, 0, -60], [3e4, 0, -30]])
    seen = np.array([[0.0, 60, 60], [0, -30, 0], [0, -30, -30]])
    fitted = Logistic().fit(features, np.array([0, 1, 0, 0]), np.ones(2)).probabilities(seen)
    expected = [-1.3809255075e-05, -1.3809256015e-05, -4.1407323998e-05]
    np.testing.assert_allclose(np.log(fitted[:, 1] / fitted[:, 0]), expected, atol=1e-8)
