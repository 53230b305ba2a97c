"""Votes of pairs of classes, and equal points taken together, by hand."""

import numpy as np
import pytest

from npal_cli.kernels.svm.one_vs_one import candidate_gammas, count_winners, distinct, vote
from npal_cli.kernels.svm.rbf import squared_distances


def test_equal_points_of_a_class_are_taken_together():
    features = np.array([[1.0, 2.0], [0.0, 0.0], [1.0, 2.0], [1.0, 2.0], [1.0, 2.0 + 1e-9]])
    labels = np.array([0, 0, 0, 1, 0])
    kept, copies = distinct(features, labels, squared_distances(features, features))
    np.testing.assert_array_equal(kept, [0, 1, 3, 4])
    np.testing.assert_array_equal(copies, [2, 1, 1, 1])


def test_the_class_with_most_votes_wins_and_of_equals_the_first():
    votes = np.array([[2, 1, 0, 1], [1, 2, 1, 1], [0, 0, 2, 1]], dtype=np.int16)
    counts = count_winners(votes[None], np.array([0, 0, 1, 2]))
    np.testing.assert_array_equal(counts, [[[1, 1, 0], [0, 0, 1], [1, 0, 0]]])


def test_a_vote_moves_where_the_prediction_does():
    first, second = np.ones(3, dtype=np.int16), np.ones(3, dtype=np.int16)
    vote(np.array([True, False, True]), np.array([True, True, False]), first, second)
    np.testing.assert_array_equal(first, [1, 2, 0])
    np.testing.assert_array_equal(second, [1, 0, 2])


def test_gammas_are_scikit_learns_scale():
    draws = np.random.default_rng(1)
    features, candidates = draws.normal(size=(9, 4)), draws.normal(size=(3, 4))
    found = candidate_gammas(features, candidates)
    for gamma, extra in zip(found, [*candidates, None], strict=True):
        all_features = features if extra is None else np.vstack([features, extra])
        assert gamma == pytest.approx(1 / (4 * all_features.var()))
