"""The task models."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from npal_cli.classifiers import CLASSIFIERS, ClassifierOptions, make_classifier
from npal_cli.errors import UsageError
from tests.conftest import make_problem


def fitted(name, problem, weights=None):
    rows = problem.annotated
    weights = np.ones(problem.n_classes) if weights is None else weights
    return make_classifier(name, ClassifierOptions()).fit(problem.features[rows], problem.labels[rows], weights)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_does_what_it_says(name, n_classes):
    problem = make_problem(n_classes=n_classes)
    model = fitted(name, problem)
    x = problem.features[problem.pool]
    assert set(model.predict(x)) <= set(range(n_classes))
    assert model.decisions(x).shape == (len(x), 1 if n_classes == 2 else n_classes)
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
    ours = fitted("logistic", problem).decisions(x)[:, 0]
    np.testing.assert_allclose(ours, truth.decision_function(x), atol=1e-6)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_class_weight_of_two_is_having_each_of_its_points_twice(name, problem):
    rows = problem.annotated
    twice = np.concatenate([rows, rows[problem.labels[rows] == 1]])
    classifier = make_classifier(name, ClassifierOptions())
    weighted = classifier.fit(problem.features[rows], problem.labels[rows], np.array([1.0, 2.0]))
    if name == "svm":  # gamma='scale' looks at the points, so the doubled fit is given the gamma of the single one
        gamma = 1 / (problem.features.shape[1] * problem.features[rows].var())
        doubled = SVC(gamma=gamma, tol=1e-8).fit(problem.features[twice], problem.labels[twice])
        expected = doubled.decision_function(problem.features[problem.test])
    else:
        doubled = classifier.fit(problem.features[twice], problem.labels[twice], np.ones(2))
        expected = doubled.decisions(problem.features[problem.test])[:, 0]
    np.testing.assert_allclose(weighted.decisions(problem.features[problem.test])[:, 0], expected, atol=1e-5)


def test_a_class_not_seen_has_probability_zero(problem):
    rows = problem.annotated
    model = make_classifier("logistic", ClassifierOptions()).fit(
        problem.features[rows], problem.labels[rows], np.ones(3)
    )
    assert model.probabilities(problem.features[problem.pool])[:, 2].max() == 0


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_one_class_cannot_be_fitted(name):
    with pytest.raises(ValueError, match="class"):
        make_classifier(name, ClassifierOptions()).fit(np.eye(3), np.zeros(3, dtype=int), np.ones(2))


def test_an_unknown_classifier_is_refused():
    with pytest.raises(UsageError, match="unknown classifier 'logistics'"):
        make_classifier("logistics", ClassifierOptions())
