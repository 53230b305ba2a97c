"""Statistics by hand."""

import numpy as np
import pytest
from scipy.stats import ttest_rel

from npal_cli.report.statistics import (
    Summary,
    auac_ranks,
    mean_and_band,
    paired_difference,
    standard_errors_apart,
    summarise,
)


def test_a_summary_skips_undefined_values():
    assert summarise(np.array([0.5, np.nan, 0.7])).runs == 2
    assert np.isnan(summarise(np.array([np.nan])).mean)
    assert np.isnan(summarise(np.array([0.5])).standard_error)


def test_a_paired_difference_is_that_of_a_paired_t_test():
    ours, baseline = np.random.default_rng(0).normal(size=(2, 9))
    pair = paired_difference(ours, baseline)
    assert pair.mean / pair.standard_error == pytest.approx(ttest_rel(ours, baseline).statistic)


def test_what_all_runs_share_cancels_in_a_paired_difference():
    hard = np.array([0.0, -5.0, 3.0])
    assert paired_difference(8.5 + hard, 8.0 + hard) == Summary(0.5, 0.0, 3)


def test_standard_errors_apart_counts_both_uncertainties():
    assert standard_errors_apart(Summary(9.0, 0.3, 4), 8.5, 0.6, runs=9) == pytest.approx(0.5 / np.hypot(0.15, 0.2))
    assert np.isnan(standard_errors_apart(summarise(np.array([9.0])), 8.5, 0.6))


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
