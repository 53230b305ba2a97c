"""Scores, checked against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score

from npal_cli.objectives import auac, class_precision_recall, class_weights, confusion_counts, weighted_accuracy


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
