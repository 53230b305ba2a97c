"""How good predicted improvements are."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from npal_cli.report.predictions import LEVELS, calibration
from tests.report.conftest import acquired


def with_truth(true, predicted, sigma):
    return replace(acquired("np"), predicted=predicted, improvement=true, sigma=sigma)


def test_intervals_of_a_true_normal_cover_what_they_say():
    draws = np.random.default_rng(0)
    predicted, sigma = draws.normal(size=(9, 10, 50)), np.full((9, 10, 50), 0.5)
    found = calibration(with_truth(draws.normal(predicted, sigma), predicted, sigma))
    np.testing.assert_allclose(found.observed, LEVELS, atol=0.03)
    assert found.error == pytest.approx(0.5, abs=0.02)
    assert found.count == 4500


def test_a_sigma_that_is_too_small_covers_too_little():
    draws = np.random.default_rng(0)
    predicted = draws.normal(size=(9, 10, 50))
    found = calibration(with_truth(draws.normal(predicted, 1), predicted, np.full((9, 10, 50), 0.1)))
    assert (found.observed < LEVELS / 2).all()


def test_rank_correlation_is_within_a_run_and_step():
    draws = np.random.default_rng(0)
    predicted = draws.normal(size=(9, 10, 50))
    true = predicted + draws.normal(size=predicted.shape)
    level = 100 * draws.normal(size=(9, 10, 1))  # what a whole step has in common is no merit of a point
    found = calibration(with_truth(true, predicted + level, np.ones_like(true)))
    each = [spearmanr(p, t).statistic for p, t in zip(predicted.reshape(-1, 50), true.reshape(-1, 50), strict=True)]
    assert found.rank_correlation == pytest.approx(np.mean(each))


def test_bins_are_means_of_equally_many_points():
    true = np.arange(4500.0).reshape(9, 10, 50)
    found = calibration(with_truth(true, true, np.ones_like(true)))
    assert found.bins[:, 0].tolist() == found.bins[:, 1].tolist() == [450 * i + 224.5 for i in range(10)]


def test_constant_predictions_have_no_rank():
    true = np.random.default_rng(0).normal(size=(9, 10, 50))
    assert np.isnan(calibration(with_truth(true, np.zeros_like(true), np.ones_like(true))).rank_correlation)


def test_a_strategy_that_predicts_nothing_has_no_calibration():
    assert calibration(acquired("random")) is None
