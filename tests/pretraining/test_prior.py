"""The prior: tables that look like data, with as much to learn as data have."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from npal_cli.pretraining import prior
from npal_cli.pretraining.prior import MOST_FEATURES, RAREST, draw_classes, draw_shares, draw_table
from npal_cli.teachers.extra_trees import ExtraTrees

SEEDS = range(60)


def table(seed, points=600, shares=(0.5, 0.5)):
    return draw_table(np.random.default_rng(seed), points, np.array(shares))


def test_the_same_seed_gives_the_same_table():
    first, again, other = table(1), table(1), table(2)
    assert first.features.tobytes() == again.features.tobytes()
    assert first.labels.tobytes() == again.labels.tobytes()
    assert first.features.tobytes() != other.features.tobytes()


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.99, 0.01), (0.6, 0.3, 0.1), (0.1,) * 10])
def test_classes_have_their_shares(shares):
    found = np.mean(
        [np.bincount(table(seed, 2000, shares).labels, minlength=len(shares)) / 2000 for seed in range(10)], 0
    )
    np.testing.assert_allclose(found, shares, atol=0.02)


def test_features_are_finite_numbers_of_one_scale_and_each_says_something():
    for seed in SEEDS:
        features = table(seed).features
        assert 1 <= features.shape[1] <= MOST_FEATURES
        assert np.isfinite(features).all()
        np.testing.assert_allclose(features.std(axis=0), 1, rtol=0.35)  # of copied rows there is more than one


def test_columns_are_numbers_and_categories_and_some_rows_are_there_twice():
    tables = [table(seed).features for seed in SEEDS]
    values = [len(np.unique(column)) for features in tables for column in features.T]
    assert np.mean(np.array(values) == 2) > 0.05
    assert np.mean(np.array(values) > 300) > 0.3
    repeated = [len(np.unique(features, axis=0)) < len(features) for features in tables]
    assert 0.05 < np.mean(repeated) < 0.9


def test_most_tables_can_be_learnt_from_and_few_perfectly():
    scores = [cross_val_score(ExtraTrees(50), each.features, each.labels, cv=3).mean() for each in map(table, SEEDS)]
    assert np.mean(np.array(scores) > 0.6) > 0.7
    assert np.mean(np.array(scores) > 0.99) < 0.2


def test_neither_a_line_nor_trees_fit_every_ground_truth(monkeypatch):
    """What each finds in cross-validation, over tables of a linear ground truth and of trees."""

    def found(truth):
        monkeypatch.setattr(prior, "GROUND_TRUTHS", (truth,))
        tables = [table(seed) for seed in range(14)]
        models = (LogisticRegression(max_iter=1000), ExtraTrees(50))
        return np.array([[cross_val_score(m, t.features, t.labels, cv=3).mean() for m in models] for t in tables])

    linear, trees = found(prior._linear), found(prior._trees)
    assert (linear[:, 0] - linear[:, 1]).mean() > 0.01
    assert (trees[:, 1] - trees[:, 0]).mean() > 0.01


def test_classes_are_two_to_ten_and_up_to_a_hundred_times_rarer():
    draws = np.random.default_rng(0)
    assert {draw_classes(draws, 0.5) for _ in range(500)} == set(range(2, 11))
    assert {draw_classes(draws, 0.0) for _ in range(50)} == {2}
    rarity = [max(shares) / min(shares) for shares in (draw_shares(draws, 3) for _ in range(300))]
    assert 60 < max(rarity) <= RAREST * 1.0001
    assert np.mean(np.isclose(rarity, 1)) > 0.2


@pytest.mark.parametrize("classes", [2, 5])
def test_labels_are_drawn_from_the_probabilities(classes):
    """So that, among points of a probability, as many are of the class as it says."""
    tables = [table(seed, 1000, np.full(classes, 1 / classes)) for seed in range(30)]
    said = np.concatenate([each.probabilities for each in tables]).ravel()
    found = np.concatenate([np.eye(classes)[each.labels] for each in tables]).ravel()
    np.testing.assert_allclose(np.concatenate([each.probabilities for each in tables]).sum(axis=1), 1)
    for low in np.arange(0, 1, 0.2):
        inside = (said >= low) & (said < low + 0.2)
        assert found[inside].mean() == pytest.approx(said[inside].mean(), abs=0.02)
