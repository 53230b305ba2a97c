"""Cells: ours, how it compares, and what the paper reports."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.arrays import take_runs
from npal_cli.report.baselines import EQUAL_BUDGET
from npal_cli.report.cells import cells
from npal_cli.report.names import is_competitor
from npal_cli.report.results import EVALUATIONS
from npal_cli.report.statistics import compare, holm
from npal_cli.report.tables import gains_table
from tests.report.conftest import NINE, acquired, everything, experiment


def cell(table, **where):
    for key, value in where.items():
        table = table[table[key] == value]
    assert len(table) == 1
    return table.iloc[0]


@pytest.fixture(scope="module")
def results():
    return everything()


@pytest.fixture(scope="module")
def table(results):
    return cells(results)


def test_a_row_holds_ours_the_papers_and_their_distance(results, table):
    row = cell(table, setting="balanced", strategy="uncsamp", metric="auac", evaluation="test")
    ours = results[0].metric("uncsamp", "auac")
    assert row["mean"] == pytest.approx(ours.mean())
    assert row["std"] == pytest.approx(ours.std(ddof=1))
    assert (row["runs"], row["splits"], row["reported_mean"], row["reported_std"]) == (9, 3, 8.67, 0.17)
    assert row["z"] == pytest.approx((ours.mean() - 8.67) / np.hypot(ours.std(ddof=1) / 3, 0.17 / 3))
    assert row["reported_random_mean"] == pytest.approx(8.67 - 8.65)


@pytest.mark.parametrize("evaluation", EVALUATIONS)
def test_a_row_is_compared_with_random_and_the_al_average(results, table, evaluation):
    row = cell(table, setting="imbalanced", strategy="np", metric="auac", evaluation=evaluation)
    ours, random = (results[1].metric(name, "auac", evaluation) for name in ("np", "random"))
    average = np.mean([results[1].metric(name, "auac", evaluation) for name in results[1].hand_made], axis=0)
    for prefix, found in (("random", compare(ours, random)), ("average", compare(ours, average))):
        for name, value in vars(found).items():
            assert row[f"{prefix}_{name}"] == pytest.approx(value), (prefix, name)


def test_held_out_figures_are_not_compared_with_the_papers(table):
    assert table[table["evaluation"] == "held_out"]["reported_mean"].isna().all()


def test_p_values_are_corrected_over_the_competitors_alone(table):
    rows = table[(table["setting"] == "balanced") & (table["metric"] == "auac") & (table["evaluation"] == "test")]
    competing = rows[[is_competitor(name) and name != "random" for name in rows["strategy"]]]
    assert competing["random_p_holm"].tolist() == pytest.approx(holm(competing["random_p_value"].tolist()))
    assert rows[rows["strategy"] == "oracle"]["random_p_holm"].isna().all()


def test_the_best_competitor_is_marked_and_those_that_may_be_as_good():
    good, level = acquired("kcgrdy", level=0.9), acquired("kcgrdy", level=0.9)
    bad = acquired("uncsamp", level=0.7)
    table = cells([experiment(kcgrdy=good, haluni=level, uncsamp=bad, random=bad, oracle=acquired("o", level=0.95))])
    rows = table[(table["metric"] == "auac") & (table["evaluation"] == "test")].set_index("strategy")
    assert rows.index[rows["best"].eq(other=True)].tolist() == ["kcgrdy"]
    assert rows.loc["haluni", "best_p_holm"] == 1
    assert rows.loc["uncsamp", "best_p_holm"] < 0.05
    assert np.isnan(rows.loc["oracle", "best_p_holm"])


def test_the_best_is_found_in_shared_runs():
    """NP was run where all do well: its level is the highest of all, but not there; with three runs it is not tried."""
    easy = np.array([0.0] * 4 + [0.2] * 5)

    def shifted(name, level, runs=slice(None)):
        record = acquired(name, level=level)
        score = record.test_score + easy[:, None]
        return take_runs(replace(record, test_score=score), NINE[runs])

    few = experiment(random=shifted("r", 0.5), kcgrdy=shifted("k", 0.6), np=shifted("np", 0.55, slice(4, 9)))
    fewer = experiment(random=shifted("r", 0.5), kcgrdy=shifted("k", 0.6), np=shifted("np", 0.9, slice(6, 9)))
    for result, expected in ((few, True), (fewer, False)):
        table = cells([result])
        rows = table[(table["metric"] == "auac") & (table["evaluation"] == "test")].set_index("strategy")
        assert rows.loc["np", "mean"] > rows.loc["kcgrdy", "mean"]
        assert rows.loc["kcgrdy", "best"] is True
        assert np.isfinite(rows.loc["np", "best_p_holm"]) == expected


def test_optimism_is_the_gain_on_the_test_set_beyond_that_on_held_out_points(results, table):
    row = cell(table, setting="balanced", strategy="oracle", metric="auac", evaluation="held_out")
    gains = [
        (results[0].metric("oracle", "auac", on) - results[0].metric("random", "auac", on)).mean() for on in EVALUATIONS
    ]
    assert row["optimism"] == pytest.approx(gains[0] - gains[1])


def test_differences_are_paired_over_the_runs_that_both_have():
    few = acquired("np", runs=NINE[2:5])
    result = experiment(np=few, random=acquired("random"))
    row = cell(cells([result]), strategy="np", metric="auac", evaluation="test")
    assert (row["runs"], row["splits"], row["random_runs"]) == (3, 2, 3)
    assert row["random_mean"] == pytest.approx(
        (result.metric("np", "auac") - result.metric("random", "auac")[2:5]).mean()
    )


def test_strategies_stand_in_the_papers_order(table):
    assert list(dict.fromkeys(table["label"])) == [
        "Oracle", "UncSamp", "KCGrdy", "HALUni", "HALUni (reference)", "HALGau", "CBAL", "Random", "NP",
        "Random (trained on reward set)",
    ]  # fmt: skip


def test_runs_of_another_length_are_not_compared_with_the_papers():
    row = cell(
        cells([experiment(random=acquired("random", steps=3))]), strategy="random", metric="auac", evaluation="test"
    )
    assert np.isnan([row["reported_mean"], row["z"]]).all()


def test_a_single_run_has_no_spread_and_no_z():
    table = cells([experiment(random=acquired("random", runs=NINE[:1]), np=acquired("np", runs=NINE[:1]))])
    row = cell(table, strategy="np", metric="auac", evaluation="test")
    assert np.isnan([row["std"], row["z"], row["random_low"], row["random_p_value"]]).all()
    assert np.isfinite(row["random_mean"])


def test_no_results_are_no_cells():
    assert len(cells([])) == 0
    assert "random_mean" in cells([]).columns


def test_strategies_that_train_on_the_reward_set_are_compared_at_equal_budgets():
    names = ("random", "uncsamp", "blend", "oracle")
    trained = {f"{name}_train_on_reward": acquired(f"{name}_train_on_reward", level=0.9) for name in names}
    result = experiment(**{name: acquired(name) for name in names}, **trained)
    table = cells([result])
    row = cell(table, strategy="blend_train_on_reward", metric="auac", evaluation="held_out")
    pair = [result.metric(f"{name}_train_on_reward", "auac", "held_out") for name in ("blend", "random")]
    for name, value in vars(compare(*pair)).items():
        assert row[f"equal_{name}"] == pytest.approx(value)
    assert row["random_mean"] > row["equal_mean"] + 0.5
    for name in (*names, "random_train_on_reward"):
        assert np.isnan(cell(table, strategy=name, metric="auac", evaluation="test")["equal_mean"])
    gained = gains_table(table, "held_out", EQUAL_BUDGET)
    assert gained["strategy"].str.endswith("(trained on reward set)").all()
    assert len(gained) == 3
    ranks = [rank for name, rank in zip(gained["strategy"], gained["rank"], strict=True) if "Oracle" not in name]
    assert sorted(ranks) == ["1.0", "2.0"]
    assert gains_table(cells([experiment(random=acquired("random"))]), "test", EQUAL_BUDGET).empty
