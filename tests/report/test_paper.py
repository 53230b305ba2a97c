"""The paper's figures: all of them, by their table, and what of them was run."""

import math
from dataclasses import replace

import pytest

from npal_cli.report.cells import cells
from npal_cli.report.names import ACCURACY_TABLES, RARE_CLASS_TABLES
from npal_cli.report.paper import against_the_paper, not_run, reported, reported_results
from npal_cli.strategies.registry import STRATEGIES
from tests.report.conftest import NINE, acquired, everything, experiment


def test_the_reported_figures_are_the_papers():
    assert reported("waveform", "logistic", "oracle", "imbalanced_weighted", "auac") == (9.22, 0.18)
    assert reported("mushrooms", "svm", "fscore", "imbalanced", "auac") == (5.81, 0.53)
    assert reported("waveform_uci", "logistic", "haluni_reference", "balanced", "auac") == (8.66, 0.26)
    assert reported("mine", "logistic", "random", "balanced", "auac") is None
    assert len(reported_results()) == 630


def test_every_table_of_the_paper_has_its_number():
    for (data, classifier, number), rows in reported_results().groupby(["data", "classifier", "table"]):
        numbers = ACCURACY_TABLES if "auac" in set(rows["metric"]) else RARE_CLASS_TABLES
        assert numbers[data, classifier] == number
        known = {strategy.label for strategy in STRATEGIES.values()}
        assert set(rows["strategy"]) <= known


def test_a_control_is_not_in_the_paper():
    assert reported("waveform", "logistic", "random_train_on_reward", "balanced", "auac") is None


def test_every_reported_figure_that_was_run_stands_beside_ours():
    """Tables 1 and 8 have 8 strategies in 3 settings with 2 metrics each; HALUni is here in two versions."""
    against = against_the_paper(cells(everything()))
    assert against["table"].value_counts().to_dict() == {1: 54, 8: 54}
    row = against[(against["table"] == 1) & (against["strategy"] == "np") & (against["metric"] == "auac")].iloc[0]
    assert row["difference"] == pytest.approx(row["mean"] - row["reported_mean"])


def test_what_was_not_run_is_listed_with_its_command_and_cost():
    timing = {"kcgrdy": {"seconds": 18.0, "runs": 9}}
    few = experiment(kcgrdy=acquired("kcgrdy", runs=NINE[:3]), timings=timing)
    lacking = not_run([few])
    assert set(lacking["table"]) == {1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
    of_kcgrdy = lacking[(lacking["strategy"] == "KCGrdy") & (lacking["classifier"] == "logistic")]
    begun = of_kcgrdy[(of_kcgrdy["table"] == 1) & (of_kcgrdy["setting"] == "balanced")].iloc[0]
    assert (begun["runs"], begun["seconds"]) == (3, 6 * 2.0)
    assert begun["command"] == "npal acquire --data waveform --setting balanced --classifier logistic --strategy kcgrdy"
    other = of_kcgrdy[(of_kcgrdy["table"] == 9) & (of_kcgrdy["setting"] == "balanced")].iloc[0]
    assert (other["runs"], other["seconds"]) == (0, 9 * 2.0)
    images = lacking[lacking["classifier"] == "resnet18"]
    assert len(images) == 4 * 3 * 12
    assert "npal acquire --data cifar10 --setting balanced --classifier resnet18 --strategy coregcn" in set(
        images["command"]
    )
    assert all(math.isnan(seconds) for seconds in images["seconds"])


def test_three_runs_with_resnet18_are_all_that_there_are(images):
    lacking = not_run([images])
    rows = lacking[(lacking["table"] == 6) & (lacking["setting"] == "balanced")]
    assert set(rows["strategy"]) & {"Margin", "CoreGCN", "Random"} == set()
    assert len(rows) == 12 - 3


def test_what_a_small_study_took_says_nothing_about_the_papers(images):
    """A timing counts only where the run was the paper's."""
    timing = {"margin": {"seconds": 3.0, "runs": 3}}
    small = replace(
        images, timings=timing, problems=replace(images.problems, annotated=images.problems.annotated[:, :9])
    )
    lacking = not_run([small])
    assert lacking[lacking["strategy"] == "Margin"]["seconds"].isna().all()
    known = not_run([replace(images, timings=timing)])
    other = known[(known["table"] == 7) & (known["strategy"] == "Margin") & (known["setting"] == "balanced")]
    assert other["seconds"].tolist() == [3.0]


def test_what_was_run_is_not_listed():
    lacking = not_run(everything())
    assert not {1, 8} & set(lacking["table"])
