"""Statistics by hand, and beside the libraries that know them."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import ttest_rel, wilcoxon
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from npal_cli.objectives import auac
from npal_cli.report.statistics import (
    MOST_EXACT,
    Summary,
    auac_ranks,
    bootstrap_interval,
    compare,
    critical_difference,
    holm,
    mean_and_band,
    runs_needed,
    signed_rank_test,
    standard_errors_apart,
    summarise,
)


def test_auac_is_the_area_under_the_polygon():
    """Three trapezoids: (.5 + .7) / 2 + (.7 + .8) / 2 + (.8 + .8) / 2."""
    assert auac(np.array([0.5, 0.7, 0.8, 0.8])) == pytest.approx(0.6 + 0.75 + 0.8)


def test_a_summary_skips_undefined_values():
    assert summarise(np.array([0.5, np.nan, 0.7])).runs == 2
    assert np.isnan(summarise(np.array([np.nan])).mean)
    assert np.isnan(summarise(np.array([0.5])).standard_error)


def test_a_comparison_is_that_of_a_paired_t_test():
    ours, baseline = np.random.default_rng(0).normal(size=(2, 9))
    found = compare(ours, baseline)
    assert found.mean / (found.std / 3) == pytest.approx(ttest_rel(ours, baseline).statistic)
    assert found.effect_size == pytest.approx(found.mean / found.std)


def test_what_all_runs_share_cancels():
    hard = np.array([0.0, -5.0, 3.0, 1.0, -2.0])
    found = compare(8.5 + hard, 8.0 + hard)
    assert (found.mean, found.std) == (0.5, 0.0)
    assert np.isnan([found.low, found.high, found.effect_size]).all()


def test_a_comparison_by_hand():
    """Differences 3, -1, 2, 0, 1: four of the signed ranks 4, -1.5, 3, 1.5, whose sum is 7 of at most 10."""
    found = compare(np.array([3.0, -1.0, 2.0, 0.0, 1.0]), np.zeros(5))
    assert (found.mean, found.runs) == (1.0, 5)
    assert found.std == pytest.approx(np.sqrt((4 + 4 + 1 + 1 + 0) / 4))
    assert found.wins == pytest.approx(3.5 / 5)
    as_extreme = sum(abs(np.dot(signs, [4, 1.5, 3, 1.5])) >= 7 for signs in product([-1, 1], repeat=4))
    assert found.p_value == pytest.approx(as_extreme / 16)
    assert found.wins_low < 0.7 < found.wins_high


def test_a_comparison_leaves_out_undefined_runs():
    found = compare(np.array([1.0, np.nan, 2.0]), np.array([0.0, 0.0, np.nan]))
    assert (found.mean, found.runs) == (1.0, 1)
    assert np.isnan(compare(np.array([np.nan]), np.array([1.0])).wins)


def test_few_runs_have_neither_interval_nor_test():
    found = compare(np.array([1.0, 2.0, 3.0]), np.zeros(3))
    assert np.isnan([found.low, found.high, found.p_value]).all()


def test_an_interval_is_that_of_all_resamples():
    """Of five values there are 5 ** 5 resamples; each gives a t, and their 2.5 and 97.5 % quantiles the interval."""
    values = np.array([0.1, 0.5, 0.2, 0.9, 0.4])
    mean, error = values.mean(), values.std(ddof=1) / np.sqrt(5)
    resampled = values[np.array(list(product(range(5), repeat=5)))]
    errors = np.maximum(resampled.std(axis=1) / 2, 0.2 * error)  # of the mean, with ddof = 1
    low, high = np.quantile((resampled.mean(axis=1) - mean) / errors, [0.025, 0.975])
    found = bootstrap_interval(values)
    assert found == pytest.approx((mean - high * error, mean - low * error), abs=0.08 * (high - low) * error)


def test_an_interval_moves_and_stretches_with_the_values():
    values = np.random.default_rng(0).normal(size=9)
    low, high = bootstrap_interval(values)
    assert bootstrap_interval(3 + 2 * values) == pytest.approx((3 + 2 * low, 3 + 2 * high))
    assert bootstrap_interval(-values)[0] < -values.mean() < bootstrap_interval(-values)[1]


@pytest.mark.parametrize("runs", [9, 30])
def test_an_interval_covers_the_mean_as_often_as_it_says(runs):
    draws = np.random.default_rng(0)
    intervals = np.array([bootstrap_interval(draws.exponential(size=runs)) for _ in range(500)])
    assert 0.9 < ((intervals[:, 0] <= 1) & (intervals[:, 1] >= 1)).mean() < 0.98


def test_the_interval_of_runs_that_mostly_do_not_differ_is_bounded():
    low, high = bootstrap_interval(np.array([0, 0, 0, 0, 0, 0, 0, 0, 1.0]))
    assert -1 < low < high < 2


def test_holm_by_hand():
    """Sorted: .005 x 4, .01 x 3, .03 x 2, .04 x 1, each no smaller than the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_is_that_of_statsmodels():
    p_values = np.random.default_rng(0).uniform(size=12) ** 3
    assert holm(list(p_values)) == pytest.approx(multipletests(p_values, method="holm")[1])


@pytest.mark.parametrize("runs", [5, MOST_EXACT, MOST_EXACT + 1, 40])
def test_the_signed_rank_test_is_that_of_scipy(runs):
    differences = np.random.default_rng(runs).normal(0.3, 1, size=runs)
    assert signed_rank_test(differences) == pytest.approx(wilcoxon(differences).pvalue)


def test_the_signed_rank_test_leaves_out_undefined_runs():
    values = np.array([1.0, 2.0, -0.5, 3.0, 0.7, np.nan])
    assert signed_rank_test(values) == signed_rank_test(values[:5])


def test_the_signed_rank_test_without_a_difference():
    assert signed_rank_test(np.zeros(9)) == 1.0
    assert signed_rank_test(np.array([0.0, 0.0, 0.0, 0.0, 1.0])) == 1.0


@pytest.mark.parametrize("effect", [0.1, 0.3, 0.5, 1.0, -0.7])
def test_runs_needed_are_within_one_of_the_exact_number(effect):
    exact = np.ceil(TTestPower().solve_power(effect_size=abs(effect), alpha=0.05, power=0.8))
    assert abs(runs_needed(effect) - exact) <= 1


def test_standard_errors_apart_counts_both_uncertainties():
    assert standard_errors_apart(Summary(9.0, 0.3, 4), 8.5, 0.6, runs=9) == pytest.approx(0.5 / np.hypot(0.15, 0.2))
    assert np.isnan(standard_errors_apart(summarise(np.array([9.0])), 8.5, 0.6, runs=9))


def test_a_band_is_two_standard_errors():
    mean, band = mean_and_band(np.array([[0.8, 0.9], [0.6, 0.9]]))
    assert mean.tolist() == pytest.approx([0.7, 0.9])
    assert band.tolist() == pytest.approx([2 * 0.1, 0.0])
    assert mean_and_band(np.array([[0.8, 0.9]]))[1].tolist() == [0, 0]


def test_ranks_with_ties():
    assert auac_ranks(np.array([[3.0, 1.0, 3.0, 2.0], [1.0, 2.0, 3.0, 4.0]])).tolist() == [
        [1.5, 4.0, 1.5, 3.0],
        [4.0, 3.0, 2.0, 1.0],
    ]


@pytest.mark.parametrize(("strategies", "quantile"), [(2, 1.960), (3, 2.343), (5, 2.728), (10, 3.164)])
def test_the_critical_difference_is_that_of_demsar(strategies, quantile):
    """The critical values of the two-tailed Nemenyi test at 5 % (Demsar, 2006, Table 5a)."""
    expected = quantile * np.sqrt(strategies * (strategies + 1) / (6 * 12))
    assert critical_difference(strategies, 12) == pytest.approx(expected, rel=1e-3)
