"""What a network can be told of pool points, by hand."""

import numpy as np
import pytest

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.guidance.expectations import standardised
from npal_cli.neural_process.inputs import inputs_of
from npal_cli.neural_process.options import INPUTS
from npal_cli.testing import make_problem
from tests.strategies.conftest import expecting, state_of


def expect(classifier="logistic", **options):
    return expecting(make_classifier(classifier, ClassifierOptions()), **options)


def one(problem, name, classifier="logistic", **options):
    states, expected = [state_of(problem, classifier=classifier)], expect(classifier, **options)
    return inputs_of(states, [name], expected, expected.class_probabilities(states))[0]


def test_features_are_not_repeated(problem):
    assert one(problem, "features").shape == (30, 0)


def test_probabilities_and_margin_are_the_task_models(problem):
    model = state_of(problem).classifier
    pool = problem.features[problem.pool]
    np.testing.assert_array_equal(one(problem, "probabilities"), model.probabilities(pool))
    np.testing.assert_array_equal(one(problem, "margin")[:, 0], model.boundary_distances(pool))


def test_leverage_is_how_much_a_ridge_regression_would_follow_a_point(problem):
    """With the point added, and its target 1 where all others are 0, the regression predicts this much there."""
    x, pool = problem.features[problem.annotated], problem.features[problem.pool]
    expected = []
    for point in pool:
        more = np.vstack([x, point])
        weights = np.linalg.solve(more.T @ more + np.eye(x.shape[1]), more.T @ np.eye(len(more))[-1])
        expected.append(point @ weights)
    np.testing.assert_allclose(one(problem, "leverage")[:, 0], expected)


def test_distances_are_to_the_nearest_annotated_point_of_each_class(problem):
    x, labels = problem.features[problem.annotated], problem.labels[problem.annotated]
    scale = np.mean([[np.linalg.norm(a - b) for a in x] for b in x])
    expected = [
        [min(np.linalg.norm(point - a) for a in x[labels == label]) / scale for label in (0, 1)]
        for point in problem.features[problem.pool]
    ]
    np.testing.assert_allclose(one(problem, "distances"), expected)


def test_class_counts_are_logarithms_of_how_many_are_annotated(problem):
    assert one(problem, "class_counts") == pytest.approx(np.log10(11) / 2)  # ten of each


def test_the_teachers_beliefs_and_what_it_expects(problem):
    expected, state = expect(), state_of(problem)
    probabilities = expected.class_probabilities([state])[0]
    np.testing.assert_array_equal(one(problem, "teacher"), probabilities)
    errors = standardised(expected.errors(state, probabilities))
    np.testing.assert_array_equal(one(problem, "expected_error")[:, 0], errors)
    by_label = expected.improvements([state], [probabilities])[0]
    found = one(problem, "improvements")
    np.testing.assert_array_equal(found[:, 1], standardised(by_label[:, 1]))
    np.testing.assert_allclose(found[:, 2], standardised((by_label * probabilities).sum(axis=1)))


@pytest.mark.parametrize("classifier", ["logistic", "svm"])
def test_everything_at_once_is_each_side_by_side_whatever_the_order_of_names(classifier):
    problem = make_problem(n_classes=3)
    states, expected = [state_of(problem, classifier=classifier)], expect(classifier)
    probabilities = expected.class_probabilities(states)
    together = inputs_of(states, INPUTS, expected, probabilities)[0]
    np.testing.assert_array_equal(together, inputs_of(states, INPUTS[::-1], expected, probabilities)[0])
    np.testing.assert_array_equal(
        together, np.concatenate([inputs_of(states, [name], expected, probabilities)[0] for name in INPUTS], axis=1)
    )
    assert together.shape == (30, 3 + 1 + 1 + 3 + 3 + 3 + 1 + 4)
    assert np.isfinite(together).all()


def test_points_that_are_not_tried_have_no_expected_improvement(problem):
    found = one(problem, "improvements", candidates=6)
    assert (~np.isnan(found)).all(axis=1).sum() == 6
