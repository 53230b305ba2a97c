"""Forecasts of what labels bring: from what is known, and no more."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.learned.outlook import AHEAD, PARTS, Outlook, asked, out_of_fold, survey, unit_of
from npal_cli.objectives import Objective
from npal_cli.pretraining.problems import Mix, draw_problem
from npal_cli.pretraining.states import expectations, state_of

DRAWN = [draw_problem(np.random.default_rng(seed), Mix(several=0.2)) for seed in range(4)]


def known_of(drawn) -> np.ndarray:
    expect = expectations(drawn)
    state = state_of(drawn.problem, 1, expect, np.random.default_rng(0))
    return survey(expect, state, expect.beliefs([state])[0])


@pytest.mark.parametrize("drawn", DRAWN, ids=range(4))
def test_what_is_known_is_finite_and_owes_nothing_to_labels_that_nobody_has_heard(drawn):
    known = known_of(drawn)
    assert np.isfinite(known).all()
    labels = drawn.problem.labels.copy()
    hidden = np.concatenate([drawn.problem.pool, drawn.problem.test])
    labels[hidden] = (labels[hidden] + 1) % drawn.problem.n_classes
    np.testing.assert_array_equal(known_of(replace(drawn, problem=replace(drawn.problem, labels=labels))), known)


def test_the_score_of_held_out_points_is_that_of_a_task_model_that_was_not_fitted_to_them():
    drawn = DRAWN[0]
    expect = expectations(drawn)
    state = state_of(drawn.problem, 1, expect, np.random.default_rng(0))
    seen = state.classifier.soft_predictions(state.annotated_features)
    targets = np.eye(2)[state.annotated_labels]
    fitted = Objective("soft_accuracy").of_predictions(seen, targets, state.class_weights)
    half, most = (out_of_fold(expect.classifier, state, Objective("soft_accuracy"), folds) for folds in (2, 5))
    assert 0.3 < half < fitted
    assert 0.3 < most < fitted


def test_a_question_is_about_so_many_labels_and_who_chooses_them():
    known = np.arange(3.0)
    assert asked(known, 50, 200, 20, "random").tolist() == [0, 1, 2, np.log(20), np.log1p(0.4), 0.1, 0]
    assert asked(known, 50, 200, 20, "chosen")[-1] == 1


def test_an_interval_is_the_mean_and_so_many_expected_deviations():
    shapes = {"first": (2, 3), "first_bias": (3,), "second": (3, 2), "mean": (2,)}
    arrays = {name: np.zeros(shapes[name]) for name in shapes}
    arrays |= {"second_bias": np.array([0.1, np.log(0.02)]), "deviation": np.ones(2), "width": np.array(1.5)}
    assert set(arrays) == set(PARTS)
    gain = Outlook(arrays).gains(np.zeros((len(AHEAD), 2)))[0]
    assert (gain.mean, gain.low, gain.high) == pytest.approx((0.1, 0.07, 0.13))


def test_costs_are_told_in_units_of_their_mean():
    assert unit_of(Objective("cost", costs=((0.0, 4.0), (2.0, 0.0)))) == 3
    assert unit_of(Objective()) == 1
