"""Problems on drawn tables: of every kind, and their truth is that of points nobody sees."""

import numpy as np
import pytest

from npal_cli.objectives import OBJECTIVES
from npal_cli.pretraining.problems import LEAST_FRESH, Mix, draw_problem

DRAWN = [draw_problem(np.random.default_rng(seed), Mix()) for seed in range(120)]


def test_no_point_is_in_two_sets_and_fresh_ones_in_none():
    for drawn in DRAWN:
        problem = drawn.problem
        rows = np.concatenate([problem.annotated, problem.pool, problem.reward, problem.test])
        assert len(np.unique(rows)) == len(rows)
        assert len(np.unique(problem.labels[problem.annotated])) > 1
        assert np.bincount(problem.labels[problem.test], minlength=problem.n_classes).min() >= LEAST_FRESH


def test_the_truth_counts_classes_as_they_are_in_the_pool():
    """Though the fresh points are more of the rare ones: over problems, their shares are the pool's."""
    ratios = []
    for drawn in DRAWN:
        problem = drawn.problem
        assert drawn.truth.sum() == pytest.approx(1)
        np.testing.assert_allclose(drawn.truth.sum(axis=0), drawn.shares, atol=0.06)
        pool = np.bincount(problem.labels[problem.pool], minlength=problem.n_classes) / len(problem.pool)
        ratios.append((pool - drawn.shares)[drawn.shares.argmin()])
    assert abs(np.mean(ratios)) < 0.01


def test_a_score_over_the_truth_is_the_score_of_a_sample_with_those_shares():
    drawn = next(each for each in DRAWN if each.objective.name == "accuracy" and each.shares.max() > 0.8)
    problem = drawn.problem
    always = np.tile(np.eye(problem.n_classes)[drawn.shares.argmax()], (len(problem.test), 1))
    weights = problem.class_weights * drawn.shares
    expected = weights[drawn.shares.argmax()] / weights.sum()
    found = drawn.objective.of_predictions(always, drawn.truth, problem.class_weights)
    assert found == pytest.approx(expected, abs=0.1)


def test_all_that_occurs_in_use_occurs():
    assert {each.classifier for each in DRAWN} == set(Mix().classifiers)
    assert {each.objective.name for each in DRAWN} >= set(OBJECTIVES) - {"balanced_accuracy", "brier", "log_loss"}
    known = [len(each.problem.annotated) for each in DRAWN]
    assert min(known) < 8
    assert max(known) > 150
    assert any(len(each.problem.reward) for each in DRAWN)
    assert any(not len(each.problem.reward) for each in DRAWN)
    assert any((each.problem.training_weights != 1).any() for each in DRAWN)
    assert any((each.problem.class_weights == 1).all() and each.shares.max() > 0.7 for each in DRAWN)
    assert max(each.problem.n_classes for each in DRAWN) > 5


def test_the_same_seed_gives_the_same_problem():
    first, again = (draw_problem(np.random.default_rng(5), Mix()) for _ in range(2))
    assert first.problem.features.tobytes() == again.problem.features.tobytes()
    assert first.problem.pool.tolist() == again.problem.pool.tolist()
    assert first.objective == again.objective
