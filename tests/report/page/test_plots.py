"""What each plot of the page is drawn from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from npal_cli.report.baselines import EQUAL_BUDGET, RANDOM
from npal_cli.report.cells import cells
from npal_cli.report.page.plots import CELL_PLOTS, EXPERIMENT_PLOTS, OVERVIEW_PLOTS
from npal_cli.report.page.plots.base import OverviewSource, rounded
from npal_cli.report.page.plots.choices import Balance, PointMap
from npal_cli.report.page.plots.curves import NOTHING, Curves
from npal_cli.report.page.plots.forest import Forest
from npal_cli.report.page.plots.overview import Gains
from npal_cli.report.page.plots.pairs import Pairs
from npal_cli.report.page.plots.ranks import Ranks
from npal_cli.report.page.plots.rare import RareClasses
from npal_cli.report.page.plots.training import TrainingLoss
from npal_cli.report.results import AL_AVERAGE
from npal_cli.report.statistics import auac_ranks, runs_needed
from tests.report.conftest import NINE, acquired, everything, experiment


@pytest.fixture(scope="module")
def result():
    """NP has three runs, and undefined precisions in one of them."""
    whole = everything(settings=["imbalanced"])[0]
    few = acquired("np", "imbalanced", runs=NINE[:3])
    precision = few.test_precision.copy()
    precision[0, :4] = np.nan
    return replace(whole, acquired={**whole.acquired, "np": replace(few, test_precision=precision)})


@pytest.fixture(scope="module")
def curves(result):
    return Curves().table(result)


def column(table, name, **at):
    """The values of a column at a place of some of the table's axes."""
    found = table["columns"][name]
    values = found["values"]
    for axis in found["over"]:
        if axis not in at:
            break
        values = values[table["axes"][axis].index(at[axis])]
    return values


def rows_of(table):
    """The rows of a table that is no cube, as dictionaries."""
    columns = {name: each["values"] for name, each in table["columns"].items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize("plot", [*EXPERIMENT_PLOTS, *OVERVIEW_PLOTS], ids=lambda plot: plot.name)
def test_a_plot_says_all_that_the_page_has_to_know(plot):
    specification = plot.specification()
    assert plot.title
    assert specification["usermeta"]["caption"]
    assert {"line", "one", "defined", "diverging", "ordered"} < set(specification["usermeta"])


@pytest.mark.parametrize("plot", EXPERIMENT_PLOTS, ids=lambda plot: plot.name)
def test_each_column_has_a_value_at_each_place_of_its_axes(plot, result):
    table = plot.table(result)
    if table is None:  # classes have markers here
        assert plot.name == "map_by_number"
        return
    for each in table["columns"].values():
        assert np.shape(each["values"]) == tuple(len(table["axes"][axis]) for axis in each["over"])


def test_names_of_plots_are_their_own():
    names = [plot.name for plot in (*CELL_PLOTS, *EXPERIMENT_PLOTS, *OVERVIEW_PLOTS)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("evaluation", ["test", "held_out"])
@pytest.mark.parametrize("baseline", ["random", "oracle", AL_AVERAGE])
def test_differences_are_paired_means_with_standard_errors(result, curves, evaluation, baseline):
    at = {"evaluation": evaluation, "quantity": "score", "baseline": baseline, "strategy": "np"}
    ours, theirs = (result.curve(name, evaluation, "score", NINE[:3]) for name in ("np", baseline))
    differences = ours - theirs
    assert column(curves, "value", **at) == pytest.approx(differences.mean(axis=0), abs=1e-4)
    assert column(curves, "error", **at) == pytest.approx(differences.std(axis=0, ddof=1) / np.sqrt(3), abs=1e-4)
    assert column(curves, "runs", **at) == 3


def test_a_difference_is_minus_the_one_the_other_way(curves):
    at = {"evaluation": "test", "quantity": "score"}
    one = column(curves, "value", **at, baseline="oracle", strategy="kcgrdy")
    other = column(curves, "value", **at, baseline="kcgrdy", strategy="oracle")
    assert one == pytest.approx([-value for value in other])
    assert set(column(curves, "value", **at, baseline="oracle", strategy="oracle")) == {0}


def test_undefined_precisions_are_left_out(result, curves):
    at = {"evaluation": "test", "quantity": "rare_precision", "baseline": NOTHING, "strategy": "np"}
    expected = np.nanmean(result.curve("np", "test", "rare_precision"), axis=0)
    assert column(curves, "value", **at) == pytest.approx(expected, abs=1e-4)
    last = column(RareClasses().table(result), "precision", evaluation="test", strategy="np")
    assert last == pytest.approx(expected[-1], abs=1e-4)


def test_pairs_say_how_many_runs_would_tell_them_apart(result):
    one, other = (
        next(row for row in rows_of(Pairs().table(result)) if tuple(row.values())[:3] == ("held_out", *pair))
        for pair in (("uncsamp", "random"), ("random", "uncsamp"))
    )
    gains = result.metric("uncsamp", "auac", "held_out") - result.metric("random", "auac", "held_out")
    assert one["value"] == pytest.approx(gains.mean(), abs=1e-4)
    assert one["needed"] == runs_needed(gains.mean() / gains.std(ddof=1))
    assert {**one, "strategy": "random", "other": "uncsamp", "value": -one["value"], "p": other["p"]} == other


def test_pairs_are_told_apart_by_the_test_of_the_table(result):
    """A column is corrected over the competitors, as the table is; bounds and controls stand alone."""
    table = cells([result])
    own = table[(table["evaluation"] == "held_out") & (table["metric"] == "auac")].set_index("strategy")
    found = {
        row["strategy"]: row["p"]
        for row in rows_of(Pairs().table(result))
        if (row["evaluation"], row["other"]) == ("held_out", "random")
    }
    assert found["uncsamp"] == rounded(own.loc["uncsamp", "random_p_holm"])
    assert found["oracle"] == rounded(own.loc["oracle", "random_p_value"])
    assert found["np"] is None  # three runs


def test_ranks_are_of_competitors_within_each_run_they_share(result):
    table = Ranks().table(result)
    names = table["axes"]["strategy"]
    assert "oracle" not in names
    assert "random_train_on_reward" not in names
    assert "np" not in names  # has too few runs
    assert table["of"] == "9 runs"
    areas = np.stack([result.metric(name, "auac", "test", NINE) for name in names], axis=1)
    assert column(table, "value", evaluation="test") == pytest.approx(auac_ranks(areas).mean(axis=0), abs=1e-4)


def test_a_map_names_points_with_their_class_and_step(result):
    table = PointMap(numbers=False).table(result)
    assert table["of"] == "split 1, seed 1"
    assert PointMap(numbers=True).table(result) is None
    chosen = [row for row in rows_of(table) if row["strategy"] == "np"]
    assert [row["step"] for row in chosen] == list(range(1, 11))
    assert chosen[0]["class"] == result.problems.labels[result.acquired["np"].chosen[0, 0, 0]]
    assert {row["kind"] for row in rows_of(table) if row["strategy"] is None} == {"pool", "annotated"}


def test_classes_are_numbers_where_markers_are_too_few(result):
    classes = np.arange(len(result.problems.labels)) % 9
    many = replace(result, problems=replace(result.problems, labels=classes, class_weights=np.ones(9)))
    assert PointMap(numbers=False).table(many) is None
    assert {row["class"] for row in rows_of(PointMap(numbers=True).table(many))} == set(range(9))


@pytest.mark.parametrize("plot", [RareClasses(), Balance()])
def test_nothing_is_said_of_rare_classes_where_there_are_none(plot):
    assert plot.table(everything(settings=["balanced"])[0]) is None
    natural = experiment("natural", random=acquired("random"))
    both = replace(natural, problems=replace(natural.problems, rare_classes=np.array([0, 1])))
    assert plot.table(natural) is not None
    assert plot.table(both) is None


def test_losses_of_different_lengths_stand_side_by_side(result):
    longer = replace(result.acquired["np"], loss=np.ones((3, 12, 7)))
    shorter = replace(result.acquired["random"], loss=np.zeros((len(result.acquired["random"].seed), 10, 2)))
    table = TrainingLoss().table(replace(result, acquired={"np": longer, "random": shorter}))
    assert column(table, "value", strategy="np") == [[1.0] * 7] * 12
    assert column(table, "value", strategy="random")[9:] == [[0.0] * 2 + [None] * 5, [None] * 7, [None] * 7]


def test_gains_at_equal_budgets_stand_under_the_strategies_own_names():
    result = experiment(
        **{f"{name}_train_on_reward": acquired(name) for name in ("random", "uncsamp", "reward_oracle")}
    )
    source = OverviewSource(cells([result]), {("waveform", "balanced", "logistic"): "it"}, pd.DataFrame({"z": []}))
    found = rows_of(Gains(EQUAL_BUDGET).table(source))
    assert {(row["strategy"], row["competitors"]) for row in found} == {("uncsamp", True), ("reward_oracle", False)}
    assert {row["experiment"] for row in found} == {"it"}
    assert Gains(RANDOM).table(source) is None


def test_a_single_run_and_a_single_strategy_can_be_drawn():
    result = everything(settings=["balanced"])[0]
    alone = replace(result, acquired={"random": acquired("random", runs=NINE[:1])})
    drawn = {plot.name: table for plot in EXPERIMENT_PLOTS if (table := plot.table(alone)) is not None}
    assert set(drawn) == {"curves", "map"}
    at = {"evaluation": "test", "quantity": "score", "baseline": NOTHING, "strategy": "random"}
    assert column(drawn["curves"], "error", **at) == [None] * 11


def test_numbers_are_rounded_and_undefined_ones_are_null():
    assert rounded(np.array([[1.23456, np.nan], [np.inf, -0.00001]])) == [[1.2346, None], [None, 0.0]]
    assert rounded(0.5) == 0.5
    assert rounded(float("nan")) is None


def test_gains_over_random_are_those_of_the_table():
    figures = cells(everything())
    own = figures[figures["setting"] == "balanced"]
    table = Forest().table(own)
    rows = pd.DataFrame({name: each["values"] for name, each in table["columns"].items()})
    expected = own[(own["metric"] == "auac") & own["random_mean"].notna()]
    assert rows["strategy"].tolist() == expected["strategy"].tolist()
    assert rows["value"].tolist() == pytest.approx(expected["random_mean"].tolist(), abs=1e-4)
    assert (rows["low"] <= rows["value"]).all()
    assert Forest().table(own[own["strategy"] == "random"]) is None
