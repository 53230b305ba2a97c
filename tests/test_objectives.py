"""Scores, checked against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
)

from npal_cli.errors import DataError
from npal_cli.objectives import (
    OBJECTIVES,
    Objective,
    auac,
    class_precision_recall,
    class_weights,
    confusion_counts,
    weighted_accuracy,
)


def test_confusion_counts_are_scikit_learns():
    labels, first, second = np.random.default_rng(0).integers(4, size=(3, 50))
    counts = confusion_counts(np.stack([first, second]), labels, 4)
    np.testing.assert_array_equal(counts[0], confusion_matrix(labels, first))
    np.testing.assert_array_equal(counts[1], confusion_matrix(labels, second))


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_weighted_accuracy_is_accuracy_with_each_point_weighted_by_its_class(n_classes):
    draws = np.random.default_rng(0)
    labels, predictions = draws.integers(n_classes, size=(2, 200))
    weights = draws.uniform(0.1, 3, size=n_classes)
    expected = accuracy_score(labels, predictions, sample_weight=weights[labels])
    counts = confusion_counts(predictions, labels, n_classes)
    assert weighted_accuracy(counts, weights) == pytest.approx(expected)


def test_weights_are_inverse_to_frequency_with_mean_one():
    weights = class_weights(np.array([164, 1647]))
    assert weights.mean() == pytest.approx(1)
    assert weights[0] / weights[1] == pytest.approx(1647 / 164)


def test_equal_counts_of_correct_points_score_exactly_equal():
    labels = np.repeat([0, 1], [7, 93])
    wrong = np.tile(labels, (93, 1))
    wrong[np.arange(93), 7 + np.arange(93)] = 0
    counts = confusion_counts(wrong, labels, 2)
    assert len(set(weighted_accuracy(counts, np.array([1.8, 0.2])).tolist())) == 1


def test_precision_and_recall_of_each_class():
    labels, predictions = np.random.default_rng(1).integers(3, size=(2, 60))
    precision, recall = class_precision_recall(confusion_counts(predictions, labels, 3))
    np.testing.assert_allclose(precision, precision_score(labels, predictions, average=None))
    np.testing.assert_allclose(recall, recall_score(labels, predictions, average=None))


def test_the_precision_of_a_class_never_predicted_is_undefined():
    precision, recall = class_precision_recall(np.array([[0, 1], [0, 1]]))
    assert np.isnan(precision[0])
    assert recall.tolist() == [0, 1]


def test_auac_by_hand():
    assert auac(np.array([[0.5, 0.7, 0.6], [1.0, 1.0, 1.0]])).tolist() == pytest.approx([1.25, 2.0])


COSTS = ((0.0, 2.0, 1.0), (5.0, 0.0, 1.0), (1.0, 0.5, -1.0))


def some_predictions(points=60, classes=3, fits=()):
    draws = np.random.default_rng(4)
    return draws.dirichlet(np.ones(classes), size=(*fits, points)), draws.integers(classes, size=points)


def objective_of(name):
    return Objective(name, COSTS if name == "cost" else None)


def scikit_learns(name, predictions, labels, weights):
    """What scikit-learn says of an objective."""
    predicted, each = predictions.argmax(axis=1), weights[labels]
    rare = np.flatnonzero(weights > 1)
    return {
        "accuracy": lambda: accuracy_score(labels, predicted, sample_weight=each),
        "balanced_accuracy": lambda: balanced_accuracy_score(labels, predicted),
        "f1": lambda: f1_score(labels, predicted, labels=rare, average="macro"),
        "cost": lambda: -np.array(COSTS)[labels, predicted].mean(),
        "soft_accuracy": lambda: np.average(predictions[np.arange(len(labels)), labels], weights=each),
        "log_loss": lambda: -log_loss(labels, predictions, sample_weight=each),
        "brier": lambda: -brier_score_loss(labels, predictions, sample_weight=each, scale_by_half=False),
    }[name]()


@pytest.mark.parametrize("name", OBJECTIVES)
def test_objectives_are_scikit_learns(name):
    predictions, labels = some_predictions()
    weights = np.array([1.6, 1.1, 0.3])
    found = objective_of(name).of_predictions(predictions, np.eye(3)[labels], weights)
    assert float(found) == pytest.approx(scikit_learns(name, predictions, labels, weights))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_many_fits_score_as_each_alone(name):
    predictions, labels = some_predictions(fits=(2, 4))
    objective, targets, weights = objective_of(name), np.eye(3)[labels], np.array([1.6, 1.1, 0.3])
    together = objective.of_predictions(predictions, targets, weights)
    assert together.shape == (2, 4)
    for i, j in np.ndindex(2, 4):
        assert together[i, j] == pytest.approx(float(objective.of_predictions(predictions[i, j], targets, weights)))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_better_classifier_scores_more(name):
    _, labels = some_predictions()
    right = 0.9 * np.eye(3)[labels] + 0.1 / 3
    wrong = np.roll(right, 1, axis=1)
    score = objective_of(name).of_predictions
    assert score(right, np.eye(3)[labels], np.ones(3)) > score(wrong, np.eye(3)[labels], np.ones(3))


@pytest.mark.parametrize("name", ["accuracy", "cost", "soft_accuracy", "log_loss", "brier"])
def test_unsure_targets_score_what_is_expected_of_them(name):
    """With one point of each kind, weights of 1 and the mean over many draws of its class."""
    predictions, _ = some_predictions(points=2)
    targets = np.array([[0.7, 0.3, 0.0], [0.1, 0.4, 0.5]])
    expected = sum(
        targets[0, a]
        * targets[1, b]
        * float(objective_of(name).of_predictions(predictions, np.eye(3)[[a, b]], np.ones(3)))
        for a in range(3)
        for b in range(3)
    )
    assert float(objective_of(name).of_predictions(predictions, targets, np.ones(3))) == pytest.approx(expected)


def test_costs_are_a_matrix():
    with pytest.raises(ValueError, match="f1 has no costs; name the objective cost, or set costs to null"):
        Objective("f1", ((0.0, 1.0), (1.0, 0.0)))
    with pytest.raises(ValueError, match="cost needs costs, a matrix"):
        Objective("cost")


@pytest.mark.parametrize("costs", [((0.0, 1.0), (1.0, 0.0)), ((0.0, 1.0, 1.0), (1.0, 0.0), (1.0, 1.0, 0.0))])
def test_costs_that_do_not_belong_to_the_classes_are_refused(costs):
    with pytest.raises(DataError, match=r"of an objective in params.yaml are not the 3 x 3 matrix"):
        Objective("cost", costs).check(3)
