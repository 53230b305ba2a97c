"""Simulated problems (Algorithm 1)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npal_cli.errors import DataError
from npal_cli.problems.simulated import SimulateOptions, simulate
from npal_cli.randomness import stream

LABELS = np.repeat([0, 1], [50, 50])


def test_sizes_are_the_rounded_fractions_each_about_equally_often():
    masks = simulate(LABELS, SimulateOptions(problems=900), stream("test"), reward=True).annotated
    sizes, counts = np.unique(masks.sum(axis=1), return_counts=True)
    assert sizes.tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert counts.min() > 60  # of 100 expected


def test_fractions_round_as_algorithm_1_says():
    masks = simulate(
        np.tile([0, 1], 27)[:53], SimulateOptions(problems=20, fractions=(0.7,)), stream("test"), reward=True
    ).annotated
    assert set(masks.sum(axis=1)) == {37}  # 37.1; int() would agree here ...
    masks = simulate(
        np.tile([0, 1], 27)[:53], SimulateOptions(problems=20, fractions=(0.9,)), stream("test"), reward=True
    ).annotated
    assert set(masks.sum(axis=1)) == {48}  # ... but not here: 47.7


@settings(max_examples=30, deadline=None)
@given(rare=st.integers(3, 30), seed=st.integers(0, 10**6))
def test_every_simulated_problem_has_all_classes_and_a_pool(rare, seed):
    labels = np.repeat([0, 1], [rare, 100 - rare])
    splits = simulate(labels, SimulateOptions(problems=20), stream("test", seed), reward=True)
    assert all(set(labels[mask]) == {0, 1} and not mask.all() for mask in splits.annotated)
    assert splits.drawn >= 20


def test_redraws_are_counted():
    rare = np.repeat([0, 1], [9, 91])
    splits = simulate(rare, SimulateOptions(problems=300, fractions=(0.1,)), stream("test"), reward=True)
    share = 1 - 300 / splits.drawn
    assert 0.28 < share < 0.45  # C(91, 10) / C(100, 10) = 0.33 (or one class only) are expected


def test_every_point_is_annotated_equally_often():
    masks = simulate(LABELS, SimulateOptions(problems=2000), stream("test"), reward=True).annotated
    assert np.abs(masks.mean(axis=0) - 0.5).max() < 0.06


def test_an_impossible_demand_is_refused():
    with pytest.raises(DataError, match=r"keeps all 3 classes of 30 .* fractions 0\.05"):
        simulate(np.repeat([0, 1, 2], 10), SimulateOptions(fractions=(0.05,)), stream("test"), reward=True)


def test_without_a_reward_set_stratified_folds_take_turns_in_being_it():
    splits = simulate(LABELS, SimulateOptions(problems=20, folds=5), stream("test"), reward=False)
    assert splits.reward.sum(axis=1).tolist() == [20] * 20
    assert (splits.reward[:5].sum(axis=0) == 1).all()
    np.testing.assert_array_equal(splits.reward[:5], splits.reward[5:10])
    assert all(np.bincount(LABELS[fold]).tolist() == [10, 10] for fold in splits.reward)
    assert not (splits.annotated & splits.reward).any()
    assert set(splits.annotated.sum(axis=1)) <= {8, 16, 24, 32, 40, 48, 56, 64, 72}
    assert (splits.annotated | splits.reward | splits.pool).all()


def test_with_a_reward_set_no_annotated_point_is_in_it():
    assert not simulate(LABELS, SimulateOptions(problems=5), stream("test"), reward=True).reward.any()


def test_folds_that_a_class_cannot_fill_are_refused():
    with pytest.raises(DataError, match=r"5 folds .* only 3 annotated points; set folds .* to 3 or less"):
        simulate(np.repeat([0, 1], [3, 30]), SimulateOptions(), stream("test"), reward=False)
