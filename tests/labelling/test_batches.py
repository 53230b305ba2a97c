"""A batch whose rows do not tell the same."""

import numpy as np
import pytest

from npal_cli.labelling.batches import apart, spread, typical_distance
from npal_cli.strategies.parameters import Parameters
from npal_cli.strategies.registry import STRATEGIES


def draws():
    return np.random.default_rng(0)


@pytest.fixture
def clusters():
    """Three groups of ten rows; the first group's have the largest scores."""
    places = np.repeat([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]], 10, axis=0)
    return places + draws().normal(scale=0.1, size=places.shape), np.linspace(3, 1, 30)


def test_a_batch_has_a_row_of_each_cluster_of_the_best(clusters):
    features, scores = clusters
    same = np.full((30, 2), 0.5)
    chosen = spread(features, same, scores, 1.0, 3, draws())
    assert sorted(chosen // 10) == [0, 1, 2]
    assert (np.diff(scores[chosen]) < 0).all()


def test_rows_that_are_taken_for_different_classes_are_not_alike():
    beliefs = np.repeat(np.eye(3), 4, axis=0)
    chosen = spread(np.zeros((12, 2)), beliefs, np.ones(12), 1.0, 3, draws())
    assert sorted(chosen // 4) == [0, 1, 2]


def test_rows_with_larger_scores_draw_the_centre_to_them():
    features = np.linspace(0, 1, 11)[:, None]
    same = np.ones((11, 1))
    high = spread(features, same, np.r_[np.zeros(10), 5.0], 1.0, 1, draws())
    even = spread(features, same, np.ones(11), 1.0, 1, draws())
    assert (high.tolist(), even.tolist()) == ([10], [5])


@pytest.mark.parametrize("size", [1, 5, 12, 20])
def test_no_row_is_chosen_twice_and_as_many_as_asked(size):
    features = np.zeros((12, 3))  # all alike: fewer places than clusters
    chosen = spread(features, np.full((12, 2), 0.5), np.arange(12.0), 1.0, size, draws())
    assert len(set(chosen.tolist())) == len(chosen) == min(size, 12)


def test_all_that_there_are_come_best_first():
    assert spread(np.zeros((3, 1)), np.ones((3, 1)), np.array([1.0, 3.0, 2.0]), 1.0, 3, draws()).tolist() == [1, 2, 0]


def test_near_duplicates_come_last():
    features = np.array([[0.0], [0.001], [1.0], [1.001], [2.0]])
    assert apart(features, np.arange(5), 3).tolist() == [0, 2, 4]
    assert apart(features, np.arange(5), 5).tolist() == [0, 2, 4, 1, 3]
    assert typical_distance(np.zeros((4, 2))) == 1


def test_strategies_say_whether_they_rank():
    ranking = {name for name, kind in STRATEGIES.items() if kind.Options is None and kind.ranks(Parameters())}
    assert {"margin", "uncsamp", "expected_error", "eer"} <= ranking
    assert not ranking & {"random", "kcgrdy", "haluni", "cbal", "badge"}
