"""Overviews: ranks, critical differences, distances to the paper."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from scikit_posthocs import posthoc_nemenyi_friedman

from npal_cli.report.cells import cells
from npal_cli.report.overviews import (
    competitors_of,
    critical_difference_figure,
    distance_figure,
    rank_figure,
    ranked,
    ranks_of,
)
from npal_cli.report.paper import against_the_paper
from npal_cli.report.statistics import critical_difference
from tests.report.conftest import NINE, acquired, everything, experiment


def opposed():
    low, middle, high = acquired("a", level=0.5), acquired("c", level=0.7), acquired("b", level=0.9)
    return [
        experiment(data="waveform", uncsamp=high, random=low, kcgrdy=middle),
        experiment(data="adult", uncsamp=low, random=high, kcgrdy=middle),
    ]


def test_ranks_are_averaged_over_data_sets():
    axes = rank_figure(opposed(), "test").axes[0]
    labels = [text.get_text() for text in axes.get_yticklabels()]
    points = [drawn for drawn in axes.collections if isinstance(drawn, PathCollection)]
    ranks = [drawn.get_offsets()[0][0] for drawn in points]
    assert dict(zip(labels, ranks, strict=True)) == {"UncSamp": 2, "KCGrdy": 2, "Random": 2}
    assert "waveform, adult" in axes.get_xlabel()


def test_ranks_rest_on_the_runs_that_all_share():
    result = experiment(random=acquired("random"), np=acquired("np", runs=NINE[:3], level=0.9))
    found = ranks_of([result], ranked("logistic"), "held_out")
    assert (list(found.strategies), found.ranks.tolist(), found.runs) == (["random", "np"], [[2, 1]], [3])
    assert found.spread.tolist() == [0, 0]


def test_strategies_are_joined_unless_their_ranks_are_a_critical_difference_apart():
    """Six experiments with the same order: ranks 1, 2, 3, and a critical difference of 1.35 between."""
    records = {name: acquired(name, level=level) for name, level in (("kcgrdy", 0.9), ("random", 0.7), ("np", 0.5))}
    results = [experiment(data=f"data{i}", **records) for i in range(6)]
    ranks = ranks_of(results, ranked("logistic"), "test").ranks
    assert ranks.mean(axis=0).tolist() == [1, 2, 3]
    apart = critical_difference(3, 6)
    assert 1 < apart < 2
    p_values = posthoc_nemenyi_friedman(ranks).to_numpy()
    assert p_values[0, 1] > 0.05 > p_values[0, 2]
    figure = critical_difference_figure(results, "test")
    assert f"critical difference {apart:.2f}" in [text.get_text() for text in figure.axes[0].texts]


def test_critical_differences_are_of_all_competitors_that_all_experiments_share():
    """Whichever classifier: new ones with the paper's, but no bound, control or variant of another."""
    names = ("blend", "random", "uncsamp", "oracle", "reward_oracle", "haluni", "haluni_reference")
    records = {name: acquired(name) for name in names}
    logistic = [experiment(data=f"data{i}", **records) for i in range(3)]
    del records["uncsamp"]
    svm = [experiment(data=f"data{i}", classifier="svm", **records) for i in range(3)]
    assert competitors_of(logistic) == ("uncsamp", "haluni", "random", "blend")
    figure = critical_difference_figure([*logistic, *svm], "held_out")
    shown = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert all(name in shown for name in ("HALUni", "Random", "Blend"))
    assert "UncSamp" not in shown
    assert "over 6 experiments (9 runs), logistic regression and SVM" in figure.get_suptitle()


def test_the_distance_to_the_paper_is_drawn_for_every_figure_that_it_reports():
    against = against_the_paper(cells(everything()))
    axes = distance_figure(against).axes[0]
    drawn = np.concatenate([c.get_offsets()[:, 0] for c in axes.collections if isinstance(c, PathCollection)])
    assert sorted(drawn) == pytest.approx(sorted(against["z"]))
    assert [text.get_text() for text in axes.get_yticklabels()] == ["Table 8", "Table 1"]


def test_what_is_not_there_is_not_drawn():
    only_random = [experiment(random=acquired("random"))]
    assert rank_figure(only_random, "test") is None
    assert critical_difference_figure(only_random, "test") is None
    assert critical_difference_figure(opposed(), "test") is None
    assert distance_figure(against_the_paper(cells([]))) is None
