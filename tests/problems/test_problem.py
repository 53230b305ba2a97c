"""Splits: Table 3's sizes, and who may be where."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.errors import DataError
from npal_cli.objectives import PAPER_SETTINGS, SETTINGS
from npal_cli.problems.dataset import Dataset
from npal_cli.problems.datasets import load_dataset
from npal_cli.problems.split import MIN_DISCARDED, ImagePrepareOptions, PrepareOptions, kept_counts, split, weights_of
from npal_cli.problems.standardise import standardise
from npal_cli.randomness import Run


def toy(counts=(300, 500, 400)):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    return Dataset("toy", np.zeros((len(labels), 2)), labels, tuple("abcdefghij"[: len(counts)]))


@pytest.mark.parametrize(
    ("name", "balanced", "imbalanced"),
    [
        ("waveform_uci", 2894, 1411),
        ("waveform", 2894, 1411),
        ("mushrooms", 7432, 3907),
        ("adult", 390, 34),
        ("mnist", 54010, 29615),
    ],
)
def test_pools_have_the_sizes_of_table_3(name, balanced, imbalanced, sources):
    data = load_dataset(name, sources)
    sizes = [len(split(data, setting, Run(1, 1), PrepareOptions()).pool) for setting in PAPER_SETTINGS]
    assert sizes == [balanced, imbalanced, imbalanced]


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("run", [Run(1, 1), Run(2, 7)])
def test_every_row_is_in_exactly_one_place(setting, run):
    rows = split(toy(), setting, run, PrepareOptions(test=60, reward=40, annotated=40))
    together = np.concatenate([rows.annotated, rows.pool, rows.reward, rows.test])
    assert len(np.unique(together)) == len(together) == kept_counts(toy().labels, 3, setting, PrepareOptions()).sum()
    assert not set(rows.held_out) & {*rows.annotated, *rows.reward, *rows.test}
    assert [len(rows.test), len(rows.reward), len(rows.annotated)] == [60, 40, 40]


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_part_keeps_the_class_ratios(setting):
    data, options = toy((800, 900)), PrepareOptions(test=220, reward=110, annotated=110)
    expected = kept_counts(data.labels, 2, setting, options) / kept_counts(data.labels, 2, setting, options).sum()
    rows = split(data, setting, Run(3, 4), options)
    for part in (rows.test, rows.reward, rows.annotated):
        assert np.abs(np.bincount(data.labels[part]) - expected * len(part)).max() <= 1


def test_in_the_natural_setting_no_point_is_discarded_and_each_counts_the_same():
    labels = toy().labels
    assert kept_counts(labels, 3, "natural", PrepareOptions()).tolist() == [300, 500, 400]
    scoring, training = weights_of(np.array([300, 500, 400]), "natural")
    assert scoring.tolist() == training.tolist() == [1, 1, 1]


def test_the_data_seed_alone_fixes_what_is_tested_and_rewarded_on():
    data = load = toy()
    options = PrepareOptions(test=60, reward=40, annotated=40)
    first, second = (split(data, "balanced", Run(1, seed), options) for seed in (1, 2))
    for part in ("test", "reward"):
        np.testing.assert_array_equal(getattr(first, part), getattr(second, part))
    assert first.annotated.tolist() != second.annotated.tolist()
    other = split(load, "balanced", Run(2, 1), options)
    assert other.test.tolist() != first.test.tolist()


def test_both_imbalanced_settings_split_alike():
    options = PrepareOptions(test=60, reward=40, annotated=40)
    plain, weighted = (split(toy(), s, Run(1, 1), options) for s in ("imbalanced", "imbalanced_weighted"))
    np.testing.assert_array_equal(plain.annotated, weighted.annotated)
    np.testing.assert_array_equal(plain.pool, weighted.pool)


@pytest.mark.parametrize(("rare", "expected"), [("first", [30, 300, 30]), ("last", [300, 30, 300])])
def test_even_or_odd_classes_are_ten_times_rarer(rare, expected):
    data = toy()
    assert kept_counts(data.labels, 3, "imbalanced", PrepareOptions(rare_class=rare)).tolist() == expected
    assert kept_counts(data.labels, 3, "balanced", PrepareOptions(rare_class=rare)).tolist() == [300] * 3


def test_only_imbalanced_weighted_weights_the_training():
    counts = np.array([10, 100])
    scoring, training = weights_of(counts, "imbalanced")
    assert training.tolist() == [1, 1]
    assert scoring[0] > 1
    assert weights_of(counts, "imbalanced_weighted")[1].tolist() == scoring.tolist()


def test_standardising_overall_keeps_the_ratios_between_features():
    values = np.array([[0.0, 10.0], [2.0, 40.0]])
    overall = standardise(values, "overall")
    assert overall.mean() == pytest.approx(0)
    assert overall.std() == pytest.approx(1)
    assert (overall[1] - overall[0])[1] / (overall[1] - overall[0])[0] == pytest.approx(15)
    assert standardise(values, "per_feature").tolist() == [[-1, -1], [1, 1]]


def test_a_constant_feature_becomes_zero():
    assert standardise(np.array([[5.0, 1.0], [5.0, 3.0]]), "per_feature")[:, 0].tolist() == [0, 0]
    assert np.abs(standardise(np.full((1000, 1), 0.1), "per_feature")).max() == 0
    assert np.abs(standardise(np.full((1000, 1), 0.1), "overall")).max() == 0


@pytest.mark.parametrize("how", ["overall", "per_feature"])
@pytest.mark.parametrize("number", [1e160, 1e308])
def test_a_number_whose_square_overflows_is_refused_with_its_place(how, number):
    values = np.random.default_rng(0).normal(size=(50, 3))
    values[6, 1] = -number
    found = rf"feature {1 if how == 'overall' else 2}: .*\({how}\) beside -1e\+{int(np.log10(number))} in row 7 "
    with pytest.raises(DataError, match=found + "of feature 2; correct that number$"):
        standardise(values, how)


def test_numbers_whose_squares_underflow_are_refused():
    with pytest.raises(DataError, match=r"feature 2: .* beside 3e-200 in row 2 of feature 2"):
        standardise(np.array([[1.0, 1e-200], [2.0, 3e-200]]), "per_feature")


def test_features_that_vanish_beside_another_are_refused_overall_only():
    values = np.column_stack([np.arange(4) * 1e20, np.arange(4.0)])
    with pytest.raises(DataError, match=r"feature 2: .* 3e\+20 in row 4 of feature 1; .*or set prepare.standardise to"):
        standardise(values, "overall")
    np.testing.assert_allclose(np.diff(standardise(values, "per_feature"), axis=1), 0, atol=1e-15)


def test_a_pool_too_small_to_hold_every_class_is_refused():
    options = PrepareOptions(test=30, reward=30, annotated=39)
    with pytest.raises(DataError, match=r"cannot be split into 39 and the rest with every class in both"):
        split(toy((50, 50)), "balanced", Run(1, 1), options)


def test_too_few_points_are_refused_with_their_number():
    with pytest.raises(DataError, match=r"toy, balanced: 400 points are left, but 200 test \+ 100 reward \+ 100"):
        split(toy((200, 300)), "balanced", Run(1, 1), PrepareOptions())


def test_a_class_too_rare_for_every_part_is_refused():
    with pytest.raises(DataError, match=r"class 'a' keeps 5 of 55 points"):
        split(toy((50, 60)), "imbalanced", Run(1, 1), PrepareOptions(test=10, reward=8, annotated=8))


def test_annotating_moves_points_from_the_pool_in_order(problem):
    rows = problem.pool[[3, 1]]
    after = problem.annotate(rows)
    assert after.annotated[-2:].tolist() == rows.tolist()
    assert set(after.pool) == set(problem.pool) - set(rows)
    assert problem.annotate(rows[:1]).annotate(rows[1:]).annotated.tolist() == after.annotated.tolist()


def test_the_problem_before_its_last_points_were_annotated_is_the_problem_that_it_was(problem):
    before = problem.annotate(problem.pool[[3, 1, 0]]).before_last(3)
    np.testing.assert_array_equal(before.annotated, problem.annotated)
    np.testing.assert_array_equal(before.pool, problem.pool)


def test_only_pool_points_can_be_annotated_and_only_once(problem):
    for rows in (problem.test[:1], problem.pool[[0, 0]]):
        with pytest.raises(ValueError, match="distinct pool points"):
            problem.annotate(rows)


@pytest.mark.parametrize(("discarded", "from_pool"), [(MIN_DISCARDED, {1}), (MIN_DISCARDED - 1, {0, 1})])
def test_held_out_points_are_those_that_were_discarded_of_a_class_or_its_pool(discarded, from_pool):
    data = toy((300 + discarded, 300))
    rows = split(data, "balanced", Run(1, 1), PrepareOptions(test=60, reward=40, annotated=40))
    in_pool = np.intersect1d(rows.held_out, rows.pool)
    assert set(data.labels[in_pool].tolist()) == from_pool
    expected = [row for row in rows.pool if data.labels[row] in from_pool]
    np.testing.assert_array_equal(in_pool, expected)
    assert len(rows.held_out) - len(in_pool) == (discarded if from_pool == {1} else 0)


def with_test_part(counts=(300, 500, 400), test_counts=(60, 100, 80)):
    first, last = toy(counts), toy(test_counts)
    labels = np.concatenate([first.labels, last.labels])
    return Dataset("toy", np.zeros((len(labels), 2)), labels, first.classes, test_part=len(last.labels))


@pytest.mark.parametrize(("setting", "pool", "test"), [("balanced", 860, 180), ("imbalanced", 320, 72)])
def test_a_published_test_part_is_tested_on_and_nothing_else(setting, pool, test):
    data = with_test_part()
    rows = split(data, setting, Run(1, 1), PrepareOptions(test=None, reward=0, annotated=40))
    assert rows.test.min() >= data.training_rows > max(rows.pool.max(), rows.annotated.max())
    assert [len(rows.pool), len(rows.test), len(rows.reward)] == [pool, test, 0]
    np.testing.assert_array_equal(rows.held_out, rows.test)  # nobody chooses on it


def test_what_a_test_set_leaves_of_the_test_part_is_held_out():
    data = with_test_part()
    options = PrepareOptions(test=50, reward=30, annotated=40, pool=200)
    rows = split(data, "imbalanced", Run(1, 1), options)
    assert [len(rows.test), len(rows.held_out), len(rows.pool)] == [50, 240 - 50, 200]
    assert sorted([*rows.test, *rows.held_out]) == list(range(1200, 1440))
    fewer = split(data, "imbalanced", Run(1, 1), replace(options, held_out=90))
    assert len(fewer.held_out) == 90
    assert set(fewer.held_out) < set(rows.held_out)


def test_data_without_a_test_part_need_a_size_for_the_test_set():
    with pytest.raises(DataError, match=r"toy has no test part of its own; say how many .*prepare\.test"):
        split(toy(), "balanced", Run(1, 1), PrepareOptions(test=None))


@pytest.mark.parametrize(("name", "balanced", "imbalanced"), [("mnist", 53210, 28815), ("fashion_mnist", 59000, 32000)])
def test_image_pools_have_the_sizes_of_table_2(name, balanced, imbalanced, sources):
    data = load_dataset(name, sources)
    sizes = [len(split(data, setting, Run(1, 1), ImagePrepareOptions()).pool) for setting in PAPER_SETTINGS]
    assert sizes == [balanced, imbalanced, imbalanced]


@pytest.mark.parametrize(
    ("counts", "balanced", "imbalanced"),
    [
        ((4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659), 45590, 24620),  # SVHN's training part
        ((5000,) * 10, 49000, 26500),  # CIFAR-10's
    ],
)
def test_image_pools_of_published_class_counts_have_the_sizes_of_table_2(counts, balanced, imbalanced):
    data = with_test_part(counts, (1000,) * 10)
    sizes = [len(split(data, setting, Run(1, 1), ImagePrepareOptions()).pool) for setting in PAPER_SETTINGS]
    assert sizes == [balanced, imbalanced, imbalanced]


def test_images_become_vectors_standardised_as_the_training_part_is():
    images = np.arange(3 * 4, dtype=np.uint8).reshape(3, 1, 2, 2)
    vectors = standardise(images, "overall", training_rows=2)
    assert vectors.shape == (3, 4)
    assert vectors[:2].mean() == pytest.approx(0)
    assert vectors[:2].std() == pytest.approx(1)
    assert vectors[2, 0] == pytest.approx((8 - 3.5) / np.arange(8).std())
