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
    masks = simulate(LABELS, SimulateOptions(problems=900), stream("test")).annotated
    sizes, counts = np.unique(masks.sum(axis=1), return_counts=True)
    assert sizes.tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert counts.min() > 60  # of 100 expected


def test_fractions_round_as_algorithm_1_says():
    masks = simulate(np.tile([0, 1], 27)[:53], SimulateOptions(problems=20, fractions=(0.7,)), stream("test")).annotated
    assert set(masks.sum(axis=1)) == {37}  # 37.1; int() would agree here ...
    masks = simulate(np.tile([0, 1], 27)[:53], SimulateOptions(problems=20, fractions=(0.9,)), stream("test")).annotated
    assert set(masks.sum(axis=1)) == {48}  # ... but not here: 47.7


@settings(max_examples=30, deadline=None)
@given(rare=st.integers(3, 30), seed=st.integers(0, 10**6))
def test_every_simulated_problem_has_all_classes_and_a_pool(rare, seed):
    labels = np.repeat([0, 1], [rare, 100 - rare])
    splits = simulate(labels, SimulateOptions(problems=20), stream("test", seed))
    assert all(set(labels[mask]) == {0, 1} and not mask.all() for mask in splits.annotated)
    assert splits.drawn >= 20


def test_redraws_are_counted():
    rare = np.repeat([0, 1], [9, 91])
    splits = simulate(rare, SimulateOptions(problems=300, fractions=(0.1,)), stream("test"))
    share = 1 - 300 / splits.drawn
    assert 0.28 < share < 0.45  # C(91, 10) / C(100, 10) = 0.33 (or one class only) are expected


def test_every_point_is_annotated_equally_often():
    masks = simulate(LABELS, SimulateOptions(problems=2000), stream("test")).annotated
    assert np.abs(masks.mean(axis=0) - 0.5).max() < 0.06


def test_an_impossible_demand_is_refused():
    with pytest.raises(DataError, match=r"keeps all 3 classes of 30 .* fractions 0\.05"):
        simulate(np.repeat([0, 1, 2], 10), SimulateOptions(fractions=(0.05,)), stream("test"))
