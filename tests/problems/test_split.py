"""Splits: of data whose classes share out evenly, and of such as do not."""

import numpy as np
import pytest

from npal_cli.problems.dataset import Dataset
from npal_cli.problems.split import PrepareOptions, split
from npal_cli.randomness import Run


def table(counts) -> Dataset:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    return Dataset("even", np.arange(len(labels), dtype=float)[:, None], labels, tuple(map(str, range(len(counts)))))


@pytest.mark.parametrize("setting", ["balanced", "imbalanced", "natural"])
@pytest.mark.parametrize("counts", [(629, 333, 511), (120, 120, 120), (190,) * 7])
def test_every_run_has_as_many_points_of_each_class_in_each_set(counts, setting):
    """Also where classes tie for the odd point: else sets of some runs would be larger than those of others."""
    data, options = table(counts), PrepareOptions(test=47, reward=0, annotated=41)
    found = set()
    for seed in range(12):
        one = split(data, setting, Run(seed, seed), options)
        sets = (one.annotated, one.pool, one.test, one.held_out)
        found.add(tuple(tuple(np.bincount(data.labels[rows], minlength=len(counts))) for rows in sets))
        rows = np.concatenate(sets[:3])
        assert len(np.unique(rows)) == len(rows)
    assert len(found) == 1


def test_runs_differ_in_their_points():
    data, options = table((120, 120, 120)), PrepareOptions(test=31, reward=0, annotated=20)
    first, other = (split(data, "balanced", Run(seed, seed), options) for seed in (1, 2))
    assert set(first.annotated) != set(other.annotated)
    assert set(first.test) != set(other.test)
