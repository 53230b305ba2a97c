"""Tables: ours beside the reported figures."""

import numpy as np
import pytest

from npal_cli.report.names import ACCURACY_TABLES, RARE_CLASS_TABLES, label_of
from npal_cli.report.results import METRICS, reported, reported_results
from npal_cli.report.tables import caption, long_table, to_latex, to_markdown, wide_table
from npal_cli.strategies import STRATEGIES
from tests.report.conftest import NINE, acquired, everything, experiment

ACCURACY = ("auac", "final_accuracy")


def cell(table, **where):
    for key, value in where.items():
        table = table[table[key] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_the_reported_figures_are_the_papers():
    assert reported("waveform", "logistic", "oracle", "imbalanced_weighted", "auac") == (9.22, 0.18)
    assert reported("mushrooms", "svm", "fscore", "imbalanced", "auac") == (5.81, 0.53)
    assert reported("waveform_uci", "logistic", "haluni_reference", "balanced", "auac") == (8.66, 0.26)
    assert reported("mine", "logistic", "random", "balanced", "auac") is None
    assert len(reported_results()) == 630


def test_every_uci_table_of_the_paper_has_its_number():
    table = reported_results()
    uci = table[table["data"].isin(["waveform", "mushrooms", "adult"])]
    for (data, classifier, number), rows in uci.groupby(["data", "classifier", "table"]):
        numbers = ACCURACY_TABLES if "auac" in set(rows["metric"]) else RARE_CLASS_TABLES
        assert numbers[data, classifier] == number
        known = {strategy.label for strategy in STRATEGIES.values()}
        assert set(rows["strategy"]) <= known


def test_a_row_holds_ours_the_papers_and_their_distance():
    results = everything()
    row = cell(long_table(results, ACCURACY), setting="balanced", strategy="uncsamp", metric="auac")
    ours, random = results[0].acquired["uncsamp"].auac, results[0].acquired["random"].auac
    assert row["mean"] == pytest.approx(ours.mean())
    assert row["std"] == pytest.approx(ours.std(ddof=1))
    assert (row["runs"], row["reported_mean"], row["reported_std"]) == (9, 8.67, 0.17)
    assert row["z"] == pytest.approx((ours.mean() - 8.67) / np.hypot(ours.std(ddof=1) / 3, 0.17 / 3))
    assert row["to_random"] == pytest.approx((ours - random).mean())
    assert row["to_random_error"] == pytest.approx((ours - random).std(ddof=1) / 3)
    assert row["reported_to_random"] == pytest.approx(8.67 - 8.65)


def test_differences_are_paired_over_the_runs_that_both_have():
    few = acquired("np", runs=NINE[2:5])
    results = [experiment(np=few, random=acquired("random"))]
    row = cell(long_table(results, ["auac"]), strategy="np")
    assert row["runs"] == 3
    assert row["to_random"] == pytest.approx((few.auac - results[0].acquired["random"].auac[2:5]).mean())


def test_strategies_stand_in_the_papers_order():
    labels = list(dict.fromkeys(long_table(everything(), ["auac"])["label"]))
    assert labels == [
        "Oracle", "UncSamp", "KCGrdy", "HALUni", "HALUni (reference)", "HALGau", "CBAL", "Random", "NP",
    ]  # fmt: skip


def test_markdown_and_latex_show_the_same_figures():
    results = everything()
    long = long_table(results, ACCURACY)
    ours = results[0].acquired["oracle"].auac
    expected = f"{ours.mean():.2f} ± {ours.std(ddof=1):.2f}"
    title = caption("waveform", "logistic", ACCURACY, 1)
    markdown, latex = to_markdown(wide_table(long, ACCURACY), title), to_latex(long, title)
    assert markdown.startswith("Table 1 of the paper: AUAC and final-step test accuracy, waveform")
    assert expected in markdown
    assert expected.replace("±", r"$\pm$") in latex
    assert all(rule in latex for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
    assert "HALUni (reference) (paper)" not in latex


def test_runs_of_another_length_are_not_compared_with_the_papers():
    row = cell(long_table([experiment(random=acquired("random", steps=3))], ["auac"]), strategy="random")
    assert np.isnan(row["reported_mean"])
    assert np.isnan(row["z"])


def test_a_single_run_has_no_spread_and_no_z():
    results = [experiment(random=acquired("random", runs=NINE[:1]))]
    row = cell(long_table(results, ["auac"]), strategy="random")
    assert np.isnan(row["std"])
    assert np.isnan(row["z"])
    markdown = to_markdown(wide_table(long_table(results, ["auac"]), ["auac"]), "One run")
    assert "nan" not in markdown
    assert f"{results[0].acquired['random'].auac[0]:.2f} " in markdown


def test_metrics_read_the_final_state():
    result = experiment(random=acquired("random"))
    record = result.acquired["random"]
    values = {metric: result.metric("random", metric) for metric in METRICS}
    np.testing.assert_array_equal(values["final_accuracy"], record.score[:, -1])
    np.testing.assert_array_equal(values["rare_recall"], record.class_recall[:, -1, 0])
    np.testing.assert_array_equal(values["rare_precision"], record.class_precision[:, -1, 0])


def test_labels():
    assert label_of("uncsamp") == "UncSamp"
    assert label_of("something else") == "something else"
