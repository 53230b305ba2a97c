"""Problems on tables whose labels are known: parts of them, with the shares that were asked for."""

import numpy as np
import pytest

from npal_cli.errors import UsageError
from npal_cli.pretraining.known import FEWEST, Part, checked
from npal_cli.pretraining.problems import Mix, draw_problem
from npal_cli.problems.dataset import Dataset

COUNTS = (300, 200, 100, FEWEST - 1)


def table(counts=COUNTS) -> Dataset:
    """The first column is the row, the second its class."""
    labels = np.repeat(np.arange(len(counts)), counts)
    features = np.column_stack([np.arange(len(labels)), labels]).astype(float)
    return Dataset("known", features, labels, tuple(map(str, range(len(counts)))))


def parts(several: float, number: int = 40) -> list[Part]:
    return [Part(np.random.default_rng(seed), table(), several) for seed in range(number)]


def test_classes_are_all_that_are_frequent_enough_or_two_groups_of_them():
    assert {len(part.natural) for part in parts(1.0)} == {3}
    assert {len(part.natural) for part in parts(0.0)} == {2}
    sizes = {round(float(part.natural.max()), 2) for part in parts(0.0)}
    assert {0.75, 0.6, 0.67, 0.5} <= sizes  # 300:100 and 300:200 alone, 200:100, 300 or 200 + 100 against the rest


def test_a_table_of_which_no_problem_can_be_drawn_is_refused():
    assert checked(table()).name == "known"
    with pytest.raises(UsageError, match=r"data set known: .* two classes of 25 points each"):
        checked(table((100, FEWEST - 1)))
    images = Dataset("pictures", np.zeros((60, 1, 8, 8), np.uint8), np.arange(60) % 2, ("a", "b"))
    with pytest.raises(UsageError, match=r"data set pictures: .* not of images"):
        checked(images)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.1)])
def test_first_rows_have_the_shares_and_the_others_are_all_that_are_left(shares):
    draws = np.random.default_rng(0)
    part = Part(draws, table((400, 200)), 0.0)
    most = part.most(np.array(shares))
    found = part.table(draws, most, np.array(shares))
    seen = np.bincount(found.labels[: found.seen], minlength=2) / found.seen
    np.testing.assert_allclose(seen, shares, atol=0.1)
    assert len(found.labels) == 600
    assert len(np.unique(found.features[:, 0])) in (2, 600)  # no row is there twice
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1), found.labels)


def test_the_truth_of_such_a_problem_is_the_labels_of_points_that_nobody_sees():
    found = [draw_problem(np.random.default_rng(seed), Mix(0.0, [table((900, 500))])) for seed in range(30)]
    known = [each for each in found if each.known]
    assert 8 < len(known) < 22
    for drawn in known:
        fresh = drawn.problem.test
        assert not np.isin(fresh, np.concatenate([drawn.problem.annotated, drawn.problem.pool])).any()
        np.testing.assert_allclose(drawn.truth.sum(axis=0), drawn.shares)
